"""The admin's screens of jobs: all of them, and one."""
