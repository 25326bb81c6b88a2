//! Policies, and the formats in which verdicts are printed.

use expect_test::expect;
use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    process::{declass, finish, run},
    signer::{Signer, findings, verify},
};

fn policy(signer: &Signer, text: &str) -> PathBuf {
    let path = signer.folder.path().join("declass.toml");
    fs::write(&path, format!("version = 1\n{text}\n")).unwrap();
    path
}

#[test]
fn a_release_must_be_what_the_policy_asks_for() {
    let signer = Signer::new();
    let ((_folder, out), trust) = (signer.release(), signer.trusted());
    let input = {
        let bundle = declass::claim::StoredClaim::read(&out).unwrap();
        let claim: Value = serde_json::from_slice(bundle.statement()).unwrap();
        let dependencies = claim["predicate"]["buildDefinition"]["resolvedDependencies"].clone();
        dependencies[0]["digest"]["sha256"].as_str().unwrap().to_owned()
    };
    let threshold = |bound: &str| {
        format!("[[threshold]]\ncheck = \"retained-agreement\"\nfigure = \"agreement\"\n{bound}")
    };
    let met = [
        "forgotten = [5]".to_owned(),
        "forgotten = [\"Sandal\"]\nmethods = [\"seal\", \"delete\"]".to_owned(),
        format!("inputs = [\"{}\"]", input.to_uppercase()),
        "checks = [\"forgotten-unreachable\", \"forget-rate\"]".to_owned(),
        threshold("least = 0.9\nmost = 1.0"),
    ];
    let broken = [
        "forgotten = [5, 6]".to_owned(),
        "forgotten = [\"Shirt\"]".to_owned(),
        "methods = [\"seal\"]".to_owned(),
        "methods = []".to_owned(),
        format!("inputs = [\"{}\"]", "00".repeat(32)),
        "checks = [\"no-such-check\"]".to_owned(),
        "checks = [\"head-bias\"]".to_owned(),
        threshold("least = 0.9999"),
        threshold("least = 0.9\nbound95 = true"),
    ];
    for (texts, exit, expected) in [(&met[..], 0, &[][..]), (&broken[..], 1, &["DC2009 -"])] {
        for text in texts {
            let policy = policy(&signer, text);
            let found = findings(&out, &trust, &["--policy", policy.to_str().unwrap()], exit);
            assert_eq!(found, expected, "{text}");
        }
    }
    for text in ["forgoten = [5]", "forgotten = 5", "[[threshold]]\ncheck = \"a\"\nfigure = \"b\""] {
        let policy = policy(&signer, text);
        verify(&out, &trust, &["--policy", policy.to_str().unwrap()]).exits(2).says("declass.toml");
    }
}

#[test]
fn a_policy_without_a_trusted_claim_is_not_met() {
    let (signer, other) = (Signer::new(), Signer::new());
    let ((_folder, out), policy) = (signer.release(), policy(&signer, ""));
    let found = findings(&out, &other.trusted(), &["--policy", policy.to_str().unwrap()], 1);
    assert!(found.contains(&"DC2009 -".to_owned()), "{found:?}");
}

#[test]
fn findings_are_printed_for_workflows_and_scanners() {
    let signer = Signer::new();
    let ((_folder, out), trust) = (signer.release(), signer.trusted());
    let verify = |more: &[&str]| verify(&out, &trust, more);
    verify(&["--format", "github"]).exits(0).shows("::notice title=declass::");
    fs::write(out.join("a, b: 100 %.txt"), "").unwrap();
    let said = verify(&["--format", "github", "-q"]).exits(1).stdout;
    let file = format!("{}/a%2C b%3A 100 %25.txt", out.display());
    assert_eq!(
        said,
        format!("::error file={file},title=DC2004 unsigned file::not covered by the signature\n")
    );
    let sarif = verify(&["--format", "sarif"]).exits(1).json();
    let run = &sarif["runs"][0];
    let result = &run["results"][0];
    assert_eq!((&sarif["version"], &result["ruleId"]), (&"2.1.0".into(), &"DC2004".into()));
    let rule = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], "DC2004");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["region"], json!({"startLine": 1}));
    let uri = place["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.ends_with("/a%2C%20b%3A%20100%20%25.txt"), "{uri}");
    assert_eq!(run["invocations"][0]["exitCode"], 1);
}

#[test]
fn in_a_workflow_the_verdict_is_annotations_unless_it_is_asked_for_otherwise() {
    let signer = Signer::new();
    let ((_folder, out), trust) = (signer.release(), signer.trusted());
    let verify = |value: &str, more: &[&str]| {
        let mut command = declass();
        command.arg("verify").arg(&out).arg("--trust").arg(&trust).args(more);
        finish(command.env("GITHUB_ACTIONS", value)).exits(0)
    };
    verify("true", &[]).shows("::notice title=declass::");
    for (value, more) in [("true", &["--format", "human"][..]), ("false", &[]), ("", &[])] {
        verify(value, more).shows("verdict         passed");
    }
    assert_eq!(verify("true", &["--json"]).json()["passed"], true);
}

#[test]
fn every_code_is_explained() {
    let table = run(&["explain"]).exits(0).stdout;
    let all = run(&["explain", "--json"]).exits(0).json();
    for code in all["codes"].as_array().unwrap() {
        let id = code["code"].as_str().unwrap();
        assert!(table.contains(id), "{table}");
        let said = run(&["explain", &id.to_lowercase()]).exits(0).stdout;
        assert!(said.contains(code["meaning"].as_str().unwrap()), "{said}");
    }
    run(&["explain", "DC9999"]).exits(2).told(expect![[r#"
        error: nothing is known of `DC9999`; `declass explain` lists all codes and words
    "#]]);
}
