# The programs of Lookback: worker, projector, console and the `lookback` command, in one image.
FROM python:3.13-slim-bookworm

WORKDIR /lookback
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index -e . \
    && useradd --create-home lookback

USER lookback
ENV PYTHONUNBUFFERED=1 LOOKBACK_HOME=/home/lookback/.lookback
CMD ["lookback", "--help"]
