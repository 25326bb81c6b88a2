"""A model card as huggingface_hub reads it.

    card.py FILE    {"data": front matter, "results": [{"task", "dataset", "metric", "name", "value"}], "text": ...}
"""

import sys

import speak
from huggingface_hub import ModelCard


def judge(arguments):
    (path,) = arguments
    card = ModelCard.load(path)
    results = [
        {
            "task": result.task_type,
            "dataset": result.dataset_type,
            "metric": result.metric_type,
            "name": result.metric_name,
            "value": result.metric_value,
        }
        for result in card.data.eval_results or []
    ]
    data = {key: value for key, value in card.data.to_dict().items() if key != "model-index"}
    return {"data": data, "model": card.data.get("model_name"), "results": results, "text": card.text}


if __name__ == "__main__":
    speak.run(judge, sys.argv[1:])
