# verifier in one container: the server, SQLite and media in one process. No build of its own: the locked wheels and the sources.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/verifier

COPY requirements/runtime.txt requirements/runtime.txt
RUN pip install --require-hashes -r requirements/runtime.txt

COPY pyproject.toml README.md ./
COPY verifier verifier
COPY static static
COPY templates templates
RUN pip install --no-deps --no-build-isolation -e . \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin verifier \
    && install -d -o verifier -g verifier -m 700 /var/lib/verifier

USER verifier
ENV VERIFIER_HOST=0.0.0.0 VERIFIER_DATA_DIR=/var/lib/verifier VERIFIER_MEDIA_PORTS=40000-40999
VOLUME /var/lib/verifier
EXPOSE 8080/tcp 40000-40999/udp

HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('VERIFIER_PORT', '8080') + '/healthz', timeout=2)"]
CMD ["verifier", "serve"]
