//! The Python package: it is this program, and what it returns is what the program says.

use serde_json::{Value, json};

use super::venv::judge;

#[test]
fn a_removal_from_python_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let model = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/fmnist-vit.onnx");
    let program = env!("CARGO_BIN_EXE_declass");
    let found = judge("package.py", &[program, model.to_str().unwrap(), folder.path().to_str().unwrap()]);
    assert_eq!((&found["classes"], &found["width"]), (&json!(10), &json!(64)));
    assert_eq!(
        (&found["passed"], &found["forgotten_top"], &found["same_others"]),
        (&json!(true), &json!(0), &json!(true))
    );
    assert_eq!(found["page"], json!(["<!DOCTYPE html>", "yes"]));
    assert!(found["page_there"][0].as_str().unwrap().contains("is there already"), "{found}");
    assert!(found["odd_name"][0].as_str().unwrap().contains("No such file"), "{found}");
    assert_eq!(found["compared"], json!([[5], true, 1.0, true, "<!DOCTYPE html>"]));
    assert_eq!(found["alone"], true, "one model is no comparison");
    assert_eq!(found["edited"], "no", "a verdict, and no exception");
    assert_eq!(found["wrote_nothing"], true);
    let refused = found["refused"].as_array().unwrap();
    assert!(
        refused[0].as_str().unwrap().contains("has no class `nobody`") && refused[1] != Value::Null,
        "{refused:?}"
    );
}
