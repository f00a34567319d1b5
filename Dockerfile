# docker build -t uncollapse .                            (CPU)
# docker build -t uncollapse --build-arg TORCH=cu130 .    (CUDA: run it with --gpus all)
# How to run it, with or without a login: docs/serving.md

# A tag moves; for builds that repeat, give the digest that `docker buildx imagetools inspect python:3.11-slim` names,
# as in --build-arg BASE=python:3.11-slim@sha256:...
ARG BASE=python:3.11-slim
FROM ${BASE}

# The flavour of PyTorch's wheels: cpu, cu130, ...
ARG TORCH=cpu

# The file system may be read-only but for /tmp and the studies. Of the server's files, visitors may read those in /data.
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    XDG_CACHE_HOME=/tmp/cache \
    NUMBA_CACHE_DIR=/tmp/cache/numba \
    MPLCONFIGDIR=/tmp/cache/matplotlib \
    UNCOLLAPSE_STUDIES=/studies \
    UNCOLLAPSE_DATA=/data

WORKDIR /srv/uncollapse

# PyTorch first and from its own index, whose files the lock has no hashes of: the later step finds its pin satisfied.
COPY requirements.lock .
RUN pip install --index-url "https://download.pytorch.org/whl/${TORCH}" "$(grep -o '^torch==[^ ]*' requirements.lock)" \
    && pip install --no-deps --require-hashes -r requirements.lock

RUN useradd --no-create-home --uid 10001 uncollapse \
    && install -d -o uncollapse -g uncollapse /studies \
    && install -d /data
COPY . .

USER uncollapse
VOLUME /studies
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

# Inside the container every interface; what the world sees is decided by `docker run -p`. It does not start without a
# login, or UNCOLLAPSE_WITHOUT_LOGIN=1.
CMD ["python", "-m", "streamlit", "run", "app/main.py", \
     "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true"]
