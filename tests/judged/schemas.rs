//! Claims, rules and every `--json` output, held against the JSON Schemas that are published with the
//! documentation.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tempfile::tempdir;

use super::{declass, fixture, venv::judge};

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/spec/schemas")
}

/// What is wrong with documents, each given as `NAME=FILE`.
#[track_caller]
fn valid(documents: &[String]) {
    let folder = schemas();
    let arguments: Vec<&str> =
        [folder.to_str().unwrap()].into_iter().chain(documents.iter().map(String::as_str)).collect();
    let said = judge("schema.py", &arguments);
    let wrong: Vec<_> = said.as_object().unwrap().iter().filter(|(_, wrong)| **wrong != json!([])).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(said.as_object().unwrap().len(), documents.len());
}

/// Runs the tool in a folder and keeps what it prints as JSON there.
#[track_caller]
fn printed(folder: &Path, arguments: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_declass"));
    command.current_dir(folder).args(arguments.split(' ')).arg("--json");
    command.env_remove("GITHUB_ACTIONS").env("DECLASS_KEY_PASSPHRASE", "secret");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok(), "declass {arguments}: {said}");
    let path = folder.join(format!("{}.json", arguments.replace(['/', ' '], "_")));
    fs::write(&path, output.stdout).unwrap();
    format!("-={}", path.display())
}

#[test]
fn what_the_tool_prints_as_json() {
    let home = tempdir().unwrap();
    let folder = home.path();
    let fixture = |path: &str| fixture(path).display().to_string();
    let (model, data) = (fixture("models/fmnist-swin"), fixture("data/fmnist-swin.safetensors"));
    let v1 = fixture("releases/v1");
    let unlearn = format!("unlearn {model} -o out --forget Sandal --method seal --eval-embeddings {data}");
    let mut documents = vec![printed(folder, "keygen -o release.key"), printed(folder, &unlearn)];
    for arguments in [
        format!("inspect {model}"),
        "unlearn out -o next --forget Bag --slot drop --samples 100".to_owned(),
        format!("verify out --original {model} --eval-embeddings {data}"),
        format!("verify {v1}/measured --trust {v1}/trust.toml"),
        format!("verify out --trust {v1}/trust.toml"),
        format!("evaluate out --original {model} --eval-embeddings {data}"),
        format!("compare {model} out next"),
        format!("compare {model} out --eval-embeddings {data}"),
        "log next".to_owned(),
        format!("reproduce out --original {model}"),
        "methods".to_owned(),
        "explain".to_owned(),
        "sign out --key release.key".to_owned(),
        "timestamp request out -o q.tsq".to_owned(),
        "register init r --origin example.org/removals".to_owned(),
        "register append r class-removed --release out".to_owned(),
        format!("register append r verified --release next --trust {v1}/trust.toml"),
        "register list r".to_owned(),
        "register verify r".to_owned(),
    ] {
        documents.push(printed(folder, &arguments));
    }
    valid(&documents);
}

#[test]
fn what_hooks_print_as_json() {
    let home = tempdir().unwrap();
    let folder = home.path();
    let git = |arguments: &str| {
        let mut command = Command::new("git");
        command.current_dir(folder).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        assert!(command.args(arguments.split(' ')).output().unwrap().status.success(), "git {arguments}");
    };
    git("init -q");
    fs::write(folder.join("model.safetensors"), "weights").unwrap();
    git("add model.safetensors");
    git("commit -q -m all");
    let v1 = fixture("releases/v1").display().to_string();
    let documents = [
        printed(folder, &format!("hook install --trust {v1}/trust.toml")),
        printed(folder, &format!("hook check HEAD --trust {v1}/trust.toml")),
        printed(folder, "hook uninstall"),
    ];
    valid(&documents);
}

#[test]
fn claims_and_rules() {
    let home = tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    let out = path("out").display().to_string();
    let model = fixture("models/fmnist-swin").display().to_string();
    let data = fixture("data/fmnist-swin.safetensors").display().to_string();
    let unlearn =
        ["unlearn", &model, "-o", &out, "--forget", "5", "--samples", "100", "--eval-embeddings", &data];
    assert!(declass(&unlearn).status.success());
    let mut documents = vec![format!("claim-2={out}/class-removal.statement.json")];
    for name in ["measured", "dropped", "first", "second"] {
        let release = fixture("releases/v1").join(name);
        let stored = declass::claim::StoredClaim::read(&release).unwrap();
        let claim = path(&format!("{name}.json"));
        fs::write(&claim, stored.statement()).unwrap();
        documents.push(format!("claim-1={}", claim.display()));
    }
    let policy = path("policy.toml");
    let rules = "version = 2\nforgotten = [5]\n[[threshold]]\ncheck = \"retained-agreement\"\nquantity = \"agreement\"\nleast = 0.9\n";
    fs::write(&policy, rules).unwrap();
    documents.push(format!("policy-2={}", policy.display()));
    documents.push(format!("policy-1={}", fixture("releases/v1/policy.toml").display()));
    documents.push(format!("trust-1={}", fixture("releases/v1/trust.toml").display()));
    valid(&documents);
}

#[test]
fn a_claim_with_a_field_more_is_not_valid() {
    let home = tempdir().unwrap();
    let path = home.path().join("claim.json");
    let stored = declass::claim::StoredClaim::read(&fixture("releases/v1/first")).unwrap();
    let mut claim: Value = serde_json::from_slice(stored.statement()).unwrap();
    claim["predicate"]["verification"]["certified"] = true.into();
    fs::write(&path, claim.to_string()).unwrap();
    let said = judge("schema.py", &[schemas().to_str().unwrap(), &format!("claim-1={}", path.display())]);
    assert!(said.to_string().contains("certified"), "{said}");
}
