"""Pictures as they are, without a library that makes small ones."""


class AsTheyAre:
    def generate_thumbnail(self, source, **options):
        return source

    def delete_thumbnails(self, source):
        pass
