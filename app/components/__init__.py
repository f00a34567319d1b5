"""What runs in the browser: linked maps, galleries, strips, playback, pictures, export and history, each a folder of
JavaScript and style with its Python side. They know nothing of studies, the address or a page."""
