# The image of every process of compose.yaml; `command` there says which one a container is.

FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/trunkline
ENV PATH=/opt/trunkline/bin:$PATH
# Only what decides the installed packages, so that a change of the code does not install them again.
COPY pyproject.toml constraints.txt ./
RUN mkdir config messaging channels_app && touch README.md \
    && pip install --no-cache-dir --constraint constraints.txt ".[s3]" \
    && pip uninstall --yes trunkline setuptools pip

FROM python:3.11-slim AS static
ENV PATH=/opt/trunkline/bin:$PATH
COPY --from=build /opt/trunkline /opt/trunkline
WORKDIR /app
COPY . .
# Keys for this one step; nothing of them is in what the next stage takes over.
RUN DEBUG=0 DATABASE_URL=sqlite://:memory: \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    CREDENTIALS_KEY="$(python -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())')" \
    python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q .

FROM python:3.11-slim
ENV PATH=/opt/trunkline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    DEBUG=0 \
    TRUNKLINE_HOME=/data
RUN useradd --system --uid 10001 --home-dir /data trunkline \
    && install --directory --owner trunkline --mode 0700 /data
COPY --from=build /opt/trunkline /opt/trunkline
COPY --from=static /app /app
WORKDIR /app
USER trunkline
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--no-access-log", "--host", "0.0.0.0", "--port", "8000", \
     "--blocking-threads", "20", "--workers-kill-timeout", "3", "--respawn-failed-workers", "config.wsgi:application"]
