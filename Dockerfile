# docker build -t uncollapse .                            (CPU)
# docker build -t uncollapse --build-arg TORCH=cu130 .    (CUDA: run it with --gpus all)
# docker run -p 127.0.0.1:8501:8501 -v uncollapse-studies:/studies uncollapse
FROM python:3.11-slim

# The flavour of PyTorch's wheels: cpu, cu130, ...
ARG TORCH=cpu

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    UNCOLLAPSE_STUDIES=/studies

WORKDIR /srv/uncollapse

# PyTorch first and from its own index: the later step then finds its pin satisfied by the flavour asked for.
COPY requirements.txt .
RUN pip install --index-url "https://download.pytorch.org/whl/${TORCH}" "$(grep '^torch==' requirements.txt)" \
    && pip install -r requirements.txt

# A home of its own for the caches of numba and matplotlib.
RUN useradd --create-home --uid 10001 uncollapse \
    && install -d -o uncollapse -g uncollapse /studies
COPY . .

USER uncollapse
VOLUME /studies
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

# Inside the container every interface; what the world sees is decided by `docker run -p`.
CMD ["python", "-m", "streamlit", "run", "app/main.py", \
     "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true"]
