"""`python -m dualbio.figures`: draws specifications from standard input in a separate process.

vl-convert holds Python still while it draws. A request is a line of JSON: `spec`, `title`, `text` and `form`, `svg` or
`png`. The answer is a line of JSON, `{"bytes": n}` with so many bytes behind it, or `{"error": …}`. The process ends
with its input, or when nothing has come for ten minutes.
"""

from __future__ import annotations

import json
import select
import sys
from typing import Any

from dualbio.figures.drawing import draw_png, draw_svg

#: Seconds without a request after which the process ends.
_IDLE = 600


def main() -> None:
    """Answer requests until there are no more."""
    while select.select([sys.stdin], [], [], _IDLE)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        told, data = _answer(json.loads(line))
        sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + data)
        sys.stdout.buffer.flush()


def _answer(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        if request["form"] == "png":
            data = draw_png(request["spec"])
        else:
            data = draw_svg(request["spec"], title=request["title"], text=request["text"]).encode()
    except ValueError as error:  # what vl-convert raises for a specification that it cannot draw
        return {"error": str(error)}, b""
    return {"bytes": len(data)}, data


if __name__ == "__main__":
    main()
