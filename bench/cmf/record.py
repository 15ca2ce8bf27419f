"""Records executions with cmflib, into the file `mlmd` of the current folder. Usage: record.py PIPELINE COUNT"""
import functools
import hashlib
import sys

import cmflib.cmf
from cmflib.cmf import Cmf

# Recording is not timed here. For every execution cmflib lists all Python packages and asks git and DVC several times;
# the answers are always the same, so the first ones are kept.
for name in ["get_python_env", "git_get_commit", "git_get_repo", "dvc_get_hash", "dvc_get_url"]:
    setattr(cmflib.cmf, name, functools.lru_cache(getattr(cmflib.cmf, name)))
commit_output = cmflib.cmf.commit_output
committed = {}
cmflib.cmf.commit_output = lambda path, execution: committed.get(path) or committed.setdefault(
    path, commit_output(path, execution)
)

pipeline, count = sys.argv[1], int(sys.argv[2])
writer = Cmf(filepath="mlmd", pipeline_name=pipeline)


def digest(text):
    return hashlib.md5(text.encode()).hexdigest()


for i in range(count):
    stage = "train" if i % 2 == 0 else "test"
    writer.create_context(pipeline_stage=stage)
    writer.create_execution(execution_type=stage, custom_properties={"lr": 0.001 * (1 + i % 10), "epochs": 16})
    writer.log_dataset_with_version("data/train.csv", digest(f"data {i >> 6}"), "input")
    writer.log_dataset_with_version("data/features.parquet", digest(f"features {i >> 3}"), "input")
    writer.log_dataset_with_version("models/model.pkl", digest(f"{pipeline} model {i}"), "output")
    writer.log_execution_metrics("scores", {"acc": 1 - 1 / (i + 1), "loss": 1 / (i + 1)})
