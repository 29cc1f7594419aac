"""Outside the town: tiles of a map, and a geocoder that knows one address."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

FOUND = {
    "features": [
        {
            "geometry": {"coordinates": [6.176355, 49.120276]},
            "properties": {
                "label": "1 Place d’Armes 57000 Metz",
                "name": "1 Place d’Armes",
                "postcode": "57000",
                "city": "Metz",
            },
        }
    ]
}


@contextmanager
def map_server() -> Iterator[str]:
    """Its address."""
    tile = io.BytesIO()
    Image.new("RGB", (256, 256), (226, 232, 214)).save(tile, "PNG")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_tile = self.path.endswith(".png")
            content = tile.getvalue() if is_tile else json.dumps(FOUND).encode()
            self.send_response(200)
            self.send_header("Content-Type", "image/png" if is_tile else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
