//! Which classes count as forgotten where a policy asks: those of earlier removals too, by their places in the
//! first model, and a label only if no class has it any more.

use std::{fs, path::Path};

use declass::{gate::examine_unsigned, progress::Silent, release::sign_release};
use serde_json::Value;
use tempfile::tempdir;

use crate::{
    process::{copy, resnet, rewrite, seal},
    signer::{Signer, findings, verify},
};

fn judged(signer: &Signer, release: &Path, forgotten: &str, exit: i32) -> Vec<String> {
    let policy = signer.folder.path().join("declass.toml");
    fs::write(&policy, format!("version = 2\nforgotten = [{forgotten}]\n")).unwrap();
    findings(release, &signer.trusted(), &["--policy", policy.to_str().unwrap()], exit)
}

#[test]
fn what_an_earlier_removal_took_counts_by_label_and_by_its_first_index() {
    let (signer, folder) = (Signer::new(), tempdir().unwrap());
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    seal(&resnet(), &first, &["--forget", "Sandal", "--slot", "drop"]).exits(0);
    // Sneaker has index 7 in the first model, and Bag, 8 there, has it in the release in between.
    seal(&first, &second, &["--forget", "Bag", "--slot", "drop"]).exits(0);
    sign_release(&second, &signer.key, &Silent).unwrap();
    for met in ["\"Sandal\"", "\"Bag\"", "5", "8", "\"Sandal\", \"Bag\"", "5, \"Bag\""] {
        assert_eq!(judged(&signer, &second, met, 0), [""; 0], "{met}");
    }
    for unmet in ["7", "\"Sneaker\"", "6", "5, 7"] {
        assert_eq!(judged(&signer, &second, unmet, 1), ["DC2009 -"], "{unmet}");
    }
}

#[test]
fn a_label_that_another_class_keeps_is_still_there() {
    let (signer, folder) = (Signer::new(), tempdir().unwrap());
    let model = folder.path().join("model");
    copy(&resnet(), &model);
    rewrite(&model.join("config.json"), |config| {
        config["id2label"]["7"] = "Sandal".into();
        config.as_object_mut().unwrap().remove("label2id");
    });
    for (name, more, passes) in [
        ("kept", &["--forget", "5", "--allow-stale"][..], false),
        ("dropped", &["--forget", "5", "--slot", "drop", "--allow-stale"], false),
        ("both", &["--forget", "5", "--forget", "7"], true),
        ("another", &["--forget", "1"], true),
    ] {
        let out = folder.path().join(name);
        seal(&model, &out, more).exits(0);
        let found = examine_unsigned(&out, &Silent).unwrap();
        let codes: Vec<&str> = found.iter().map(|finding| finding.code.id).collect();
        if passes {
            assert_eq!(codes, [""; 0], "{name}");
            sign_release(&out, &signer.key, &Silent).unwrap();
            verify(&out, &signer.trusted(), &[]).exits(0);
            continue;
        }
        assert_eq!(codes, ["DC2007"], "{name}");
        // Signed past the tool, the gate sees it by itself.
        sign_past_the_tool(&signer, &out);
        assert_eq!(judged(&signer, &out, "\"Sandal\"", 1), ["DC2007 -"], "{name}");
    }
}

fn sign_past_the_tool(signer: &Signer, out: &Path) {
    let statement = out.join("class-removal.statement.json");
    let claim: Value = serde_json::from_slice(&fs::read(&statement).unwrap()).unwrap();
    let bundle = declass::sign::Bundle::sign(serde_json::to_vec(&claim).unwrap(), &signer.key);
    fs::write(out.join("class-removal.sigstore.json"), bundle.to_bytes()).unwrap();
    fs::remove_file(statement).unwrap();
    declass::sign::sign_folder(out, &signer.key, &Silent).unwrap();
}
