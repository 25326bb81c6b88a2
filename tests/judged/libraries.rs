//! State dicts of the libraries that load them: what is claimed of a copy holds when they run it.
//!
//! `DECLASS_LIBRARIES_PYTHON` is a Python that has them (`tests/judge/requirements-libraries.txt`); without it, `python3`
//! is taken if it has them. `DECLASS_LIBRARIES=all` tries every kind of model instead of a few of each library, which
//! takes an hour; `DECLASS_LIBRARIES_REPORT` names a file for what is said of each.

use std::{env, path::Path, process::Command};

use serde_json::Value;

use super::skipped;

const LIBRARIES: [&str; 6] = ["transformers", "timm", "torchvision", "torchvision_boxes", "masks", "peft"];

#[test]
fn what_is_claimed_of_state_dicts_holds_in_their_libraries() {
    let Some(python) = python() else {
        return skipped("there is no Python with torch, torchvision, timm, transformers and peft");
    };
    let everything = env::var("DECLASS_LIBRARIES").is_ok_and(|which| which == "all");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge/libraries.py");
    let mut judge = Command::new(python);
    judge.arg(script).arg(env!("CARGO_BIN_EXE_declass")).args(LIBRARIES);
    judge.args(everything.then_some("--everything"));
    if let Ok(report) = env::var("DECLASS_LIBRARIES_REPORT") {
        judge.args(["--lines", &report]);
    }
    let output = judge.output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).expect("a judge speaks JSON");
    for library in LIBRARIES {
        let of = &said[library];
        assert_eq!(of["refuted"], serde_json::json!([]), "{library}");
        let tried = of["tried"].as_u64().unwrap();
        assert!(tried > 0, "{library}: {of}");
        if !everything {
            assert_eq!(of["not_made"], serde_json::json!({}), "{library}");
            assert_eq!(of["refused"], serde_json::json!({}), "{library}");
            assert_eq!(of["accepted"]["keep"], tried, "{library}: {of}");
        }
    }
}

fn python() -> Option<String> {
    let named = env::var("DECLASS_LIBRARIES_PYTHON").ok();
    named.or_else(|| {
        let list = "['torch', 'torchvision', 'timm', 'transformers', 'peft']";
        let looks =
            format!("import importlib.util as u; exit(any(u.find_spec(name) is None for name in {list}))");
        let ran = Command::new("python3").args(["-c", &looks]).output().ok()?;
        ran.status.success().then(|| "python3".into())
    })
}
