# Front-end libraries, from the lock file
FROM node:22-bookworm-slim AS assets
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY setup/assets.mjs setup/
RUN node setup/assets.mjs vendor

# Python libraries and Guichet itself in one virtual environment; every download has a hash
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PATH=/opt/guichet/bin:$PATH
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /src
RUN python -m venv /opt/guichet
COPY requirements/build.txt requirements/run.txt requirements/
RUN pip install --require-hashes -r requirements/build.txt \
 && pip install --require-hashes --no-build-isolation --use-pep517 -r requirements/run.txt
COPY . .
COPY --from=assets /src/vendor core/web/static/vendor
RUN for po in core/locale/*/LC_MESSAGES/guichet.po; do \
      pybabel --quiet compile --input-file "$po" --output-file "${po%.po}.mo"; \
    done \
 && pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
# Debian's stable release fixes versions for us, and old ones leave its archive
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      fonts-dejavu-core tesseract-ocr tesseract-ocr-fra \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --create-home guichet
COPY --from=build /opt/guichet /opt/guichet
ENV PATH=/opt/guichet/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GUICHET_DATA=/data \
    GUICHET_HTTP_HOST=0.0.0.0 \
    GUICHET_SMTP_HOST=0.0.0.0 \
    GUICHET_HEALTH_PORT=8080
WORKDIR /data
VOLUME /data
USER 10001
EXPOSE 8080 8025
# The mail server and the workers answer on the health port, which is the web's for them.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('GUICHET_HTTP_PORT', '8080') + '/healthz', timeout=2)"]
ENTRYPOINT ["guichet"]
CMD ["run"]
