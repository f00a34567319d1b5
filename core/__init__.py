"""The science and the machinery, without a page: from items to embeddings to diagnostics to a study on disk.

Rooms, from the bottom up; each imports only what stands before it: common, recipe, data, neighbours, embedding,
sampling, diagnostics, theory, projection, storage, training, pipeline, analysis, access, jobs, authoring, and the
command line. `tests/test_layering.py` holds the exact rule. Nothing here imports Streamlit or `app`.

For other programs: `core.study.Study`, `core.diagnostics` (diagnose, count_subclusters, retrieval_metrics) and
`core.sampling.positives.nearest_positives`."""

__version__ = "0.2.0"
