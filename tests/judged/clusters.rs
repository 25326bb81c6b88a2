//! Files for schedulers, held against what those publish.

use std::fs;

use serde_json::{Value, json};
use tempfile::tempdir;

use super::{declass, venv::judge};

/// The oldest version that knows all fields, and the newest that the judge knows.
const VERSIONS: [&str; 2] = ["1.29.0", "1.37.0"];

#[test]
fn a_kubernetes_job_is_one_and_its_pods_are_told_apart() {
    let home = tempdir().unwrap();
    let path = |name: &str| home.path().join(name).display().to_string();
    let text = "version = 1\nout = \"fleet\"\n[[removal]]\nmodels = [\"m\"]\nforget = [\"a\"]\n";
    fs::write(path("a $(plan).toml"), text).unwrap();
    let (plan, file) = (path("a $(plan).toml"), path("job.json"));
    let written = declass(&[
        "batch",
        &plan,
        "--kubernetes",
        &file,
        "--image",
        "r.example/d@sha256:0",
        "--claim",
        "models",
    ]);
    assert!(written.status.success(), "{written:?}");
    let job: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let wrong = path("wrong.json");
    let mut other = job.clone();
    other["spec"]["completionsMode"] = "Indexed".into();
    fs::write(&wrong, other.to_string()).unwrap();
    for version in VERSIONS {
        let said = judge("cluster.py", &[version, &file, &wrong]);
        assert_eq!(said[&file], Value::Null, "{version}");
        assert!(said[&wrong].as_str().is_some_and(|it| it.contains("completionsMode")), "{said}");
    }
    let spec = &job["spec"];
    assert_eq!((&spec["completionMode"], &spec["completions"]), (&json!("Indexed"), &json!(8)));
    let container = &spec["template"]["spec"]["containers"][0];
    let args = json!(["batch", "/fleet/a $$(plan).toml", "--shard", "$(JOB_COMPLETION_INDEX)/8"]);
    assert_eq!(container["args"], args);
    // Of a pod nothing else can be written to: what is fetched goes onto the volume.
    assert_eq!(container["env"], json!([{"name": "HF_HOME", "value": "/fleet/.cache"}]));
    // An answer is no reason to ask again, and stops no other pod.
    let rules = &spec["podFailurePolicy"]["rules"];
    assert_eq!(rules[1]["onExitCodes"]["containerName"], container["name"]);
    assert_eq!(spec["maxFailedIndexes"], spec["completions"]);
}
