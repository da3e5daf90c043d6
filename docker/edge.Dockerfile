# The gateway of a centre.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY requirements/dev.txt requirements/
COPY smartwork smartwork
COPY edge edge
COPY ingest ingest
COPY api api
COPY dashboard dashboard
COPY firmware_sim firmware_sim
# The versions of the lock without its hashes, because pip cannot check a local folder against hashes.
RUN python -m venv /opt/smartwork \
    && sed -n 's/^\([A-Za-z0-9._-]*==[^ ;]*\).*/\1/p' requirements/dev.txt > constraints.txt \
    && /opt/smartwork/bin/pip install --no-cache-dir -c constraints.txt ".[edge]"

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home smartwork \
    && install -d -o smartwork -g smartwork /var/lib/smartwork
COPY --from=build /opt/smartwork /opt/smartwork
COPY docker/ready.py /opt/smartwork/ready.py
ENV PATH=/opt/smartwork/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /var/lib/smartwork
USER smartwork
CMD ["python", "-m", "edge"]
