"""Long work with progress: started on a screen, done by a worker, resumed after a kill."""
