//! How to load this model, and not the original.

use super::{Subject, front};

pub(super) fn text(subject: &Subject<'_>) -> String {
    match code(subject) {
        Some(code) => format!(
            "\n## Use\n\nIn this folder, or with the model's name on a hub in place of the dot:\n\n```python\n{code}```\n"
        ),
        None => String::new(),
    }
}

fn code(subject: &Subject<'_>) -> Option<String> {
    let files = subject.statement.subject.iter().map(|file| file.name.as_str());
    let mut graphs = files.filter(|name| name.ends_with(".onnx"));
    let (library, task) =
        (subject.beside.config.and_then(front::library), subject.beside.config.and_then(front::task));
    match (library, task, graphs.next()) {
        (Some("transformers"), Some(task), None) => {
            Some(format!("from transformers import pipeline\n\nmodel = pipeline(\"{task}\", model=\".\")\n"))
        }
        (Some("timm"), _, None) => Some(
            "import timm\n\nmodel = timm.create_model(\"local-dir:.\", pretrained=True).eval()\n".to_owned(),
        ),
        (_, _, Some(graph)) if graph.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c)) => {
            Some(format!("import onnxruntime\n\nmodel = onnxruntime.InferenceSession(\"{graph}\")\n"))
        }
        _ => None,
    }
}
