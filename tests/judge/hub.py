"""Another client's view of a hub: `hub.py card|download|listing|upload ENDPOINT REPO ...`."""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

import speak


def judge(arguments):
    verb, endpoint, repo, *more = arguments
    # Before the import, which reads them. Servers of tests have no store for chunks.
    os.environ.update(HF_ENDPOINT=endpoint, HF_HOME=tempfile.mkdtemp(), HF_TOKEN="hf_secret", HF_HUB_DISABLE_XET="1")
    os.environ.update(HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1", NO_PROXY="127.0.0.1")
    verbs = {"card": card, "download": download, "listing": listing, "upload": upload}
    return verbs[verb](repo, *more)


def download(repo, revision=None):
    from huggingface_hub import snapshot_download

    folder = Path(snapshot_download(repo, revision=revision))
    digest = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
    return {"commit": folder.name, "files": digest}


def upload(repo, folder, how):
    from huggingface_hub import HfApi

    api = HfApi()
    api.create_repo(repo, private=True, exist_ok=True)
    made = api.upload_folder(repo_id=repo, folder_path=folder, create_pr=how == "pr")
    return {"commit": made.oid, "pullRequest": made.pr_url}


def listing(repo):
    from huggingface_hub import HfApi

    entries = [entry for entry in HfApi().list_repo_tree(repo, recursive=True) if hasattr(entry, "size")]
    files = {entry.path: {"size": entry.size, "digest": entry.lfs.sha256 if entry.lfs else entry.blob_id} for entry in entries}
    return {"files": files, "private": HfApi().model_info(repo).private}


def card(repo):
    from huggingface_hub import ModelCard

    return ModelCard.load(repo).data.to_dict()


speak.run(judge, sys.argv[1:])
