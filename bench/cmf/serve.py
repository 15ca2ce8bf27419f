"""CMF's own server (server.app.main of the cmflib wheel) on 127.0.0.1, as its container runs it.

Usage: serve.py PORT. The database is named by POSTGRES_HOST, _PORT, _USER, _PASSWORD and _DB.
"""
import functools
import sys

import fastapi.staticfiles
import uvicorn

# The server serves files from a folder at the top of its container's disk. Nothing of a push lies there.
fastapi.staticfiles.StaticFiles = functools.partial(fastapi.staticfiles.StaticFiles, check_dir=False)

from server.app.main import app  # noqa: E402

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
