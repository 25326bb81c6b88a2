"""Models of transformers as judges make, save and load them: what detectors and segmenters have in common."""

import json


class Saved:
    """A model of `self.kind` in a folder; `self.scores` runs one, and leaves in `self.rest` what has to stay as it is."""

    def save(self, folder):
        self.model.save_pretrained(folder)
        self.scores(self.model)
        self.original = self.rest

    def path(self, folder):
        return folder

    def loaded(self, folder, labels):
        model, said = self.kind.from_pretrained(folder, output_loading_info=True)
        faults = [f"{kind}: {list(said[kind])[:3]}" for kind in said if said[kind]]
        ids = json.loads((folder / "config.json").read_text())["id2label"]
        if [ids.get(str(index)) for index in range(len(ids))] != labels:
            faults.append(f"id2label {ids}")
        return self.scores(model.eval()), faults
