//! What a push is refused for, and what it is not.

use std::fs;

use declass::sign::ReleaseKey;

use crate::repository::{Home, findings};

#[test]
fn a_good_release_is_pushed_and_so_is_what_holds_none() {
    let home = Home::with_release();
    let said = home.git("push origin main").exits(0).says("passed: 1 release in 1 ref");
    said.says("release         release, signed by a@b").says("what the classifiers do");
    home.git("rm -rq release").exits(0);
    home.commit();
    home.git("push origin main").exits(0).says("passed: there is nothing to check");
    home.git("push origin main").exits(0);
    home.git("push origin main:refs/heads/other").exits(0);
    home.git("push origin :other").exits(0);
    assert_eq!(
        home.git("ls-remote origin").exits(0).stdout.matches("refs/heads/").count(),
        1,
        "it is deleted"
    );
}

#[test]
fn a_release_without_manifest() {
    let home = Home::with_release();
    for name in ["model.sig", "class-removal.sigstore.json"] {
        fs::remove_file(home.work("release").join(name)).unwrap();
    }
    home.commit();
    home.refuses("main").says("DC2001").says("release/model.safetensors: weights without a manifest");
    // The unsigned claim of one.
    fs::write(home.work("release/class-removal.statement.json"), "{}").unwrap();
    home.commit();
    home.refuses("main").says("the claim is UNSIGNED");
    assert_eq!(
        findings(&home.check("HEAD").exits(1)),
        ["DC2001 release/model.sig", "DC2001 release/class-removal.statement.json"]
    );
}

#[test]
fn changed_bytes_and_added_files() {
    let home = Home::with_release();
    home.flip("release/model.safetensors");
    home.commit();
    home.refuses("main").says("DC2003").says("release/model.safetensors: its SHA-256 is");
    // What is checked out does not count.
    home.flip("release/model.safetensors");
    home.refuses("main").says("DC2003");
    home.commit();
    fs::write(home.work("release/extra.txt"), "").unwrap();
    home.git("push origin main").exits(0);
    home.commit();
    home.refuses("main").says("DC2004").says("release/extra.txt: not covered by the signature");
    fs::remove_file(home.work("release/extra.txt")).unwrap();
    fs::remove_file(home.work("release/README.md")).unwrap();
    fs::create_dir(home.work("release/.cache")).unwrap();
    fs::write(home.work("release/.cache/model.onnx"), "x").unwrap();
    home.commit();
    let found = ["DC2011 release/.cache/model.onnx", "DC2003 release/README.md"];
    assert_eq!(findings(&home.check("HEAD").exits(1)), found);
}

#[test]
fn an_untrusted_and_an_expired_key() {
    let home = Home::with_release();
    home.trust("roles = [\"oms\", \"claim\"]\nnot_after = 2020-01-01T00:00:00Z");
    home.refuses("main").says("DC2005").says("expired on 2020-01-01");
    home.trust("roles = [\"oms\", \"claim\"]");
    home.sign("release", &ReleaseKey::generate().unwrap());
    home.commit();
    home.refuses("main").says("DC2005").says("release/model.sig: no trusted key is");
    home.sign("release", &home.key);
    home.commit();
    home.git("push origin main").exits(0);
}

#[test]
fn a_bad_tag_on_a_commit_that_is_there_already() {
    let home = Home::new();
    home.release("release");
    home.flip("release/model.safetensors");
    home.commit();
    home.git("push -q origin main").exits(0);
    home.install("");
    home.git("tag v1").exits(0);
    home.git("tag -a v2 -m x").exits(0);
    home.git("tag -a v3 -m x v2").exits(0);
    for tag in ["v1", "v2", "v3", "--tags"] {
        home.refuses(tag).says("DC2003 ").says("release/model.safetensors");
    }
}

#[test]
fn a_second_bad_ref_in_one_push() {
    let home = Home::with_release();
    home.git("branch good").exits(0);
    home.flip("release/config.json");
    home.commit();
    let said = home.refuses("good main").says("refs/heads/good").says("refs/heads/main");
    assert!(said.stdout.contains("DC2003") || said.stderr.contains("DC2003"), "{said:#?}");
    home.refuses("main good :none");
    home.git("push origin good").exits(0);
}

#[test]
fn a_claim_that_does_not_fit_and_a_policy_that_is_not_met() {
    let home = Home::with_release();
    // The holder of the key signs whatever is there; the claim is about other files.
    home.flip("release/model.safetensors");
    home.sign_files("release");
    home.commit();
    assert_eq!(findings(&home.check("HEAD").exits(1)), ["DC2006 release/model.safetensors"]);
    fs::write(home.path("keys/policy.toml"), "version = 1\nforgotten = [\"Coat\"]").unwrap();
    home.install("--policy ../keys/policy.toml");
    home.refuses("HEAD~1:main").says("DC2009").says("class `Coat` must be gone");
}

#[test]
fn a_slot_that_is_not_sealed_as_claimed() {
    let home = Home::with_release();
    // As a signer who lies: the claim is about these files, and says something else about them.
    let release = home.work("release");
    let mut config: serde_json::Value =
        serde_json::from_slice(&fs::read(release.join("config.json")).unwrap()).unwrap();
    config["id2label"]["5"] = "Boot".into();
    config["label2id"] = serde_json::json!({"Boot": 5});
    fs::write(release.join("config.json"), config.to_string()).unwrap();
    home.claim_again("release");
    home.commit();
    assert_eq!(findings(&home.check("HEAD").exits(1)), ["DC2006 release"]);
    home.refuses("main").says("is `Sandal` in the claim");
}

#[test]
fn folders_may_be_named_that_are_looked_into() {
    let home = Home::new();
    home.release("releases/sandal free");
    fs::create_dir(home.work("data")).unwrap();
    fs::write(home.work("data/test.npy"), "x").unwrap();
    home.commit();
    home.install("");
    home.refuses("main").says("data/test.npy");
    home.install("--path releases/");
    home.git("push origin main").exits(0).says("release         releases/sandal free, signed");
    home.flip("releases/sandal free/config.json");
    home.commit();
    home.refuses("main").says("releases/sandal free/config.json");
    assert_eq!(findings(&home.check("HEAD --path data").exits(1)), ["DC2001 data/test.npy"]);
    assert!(findings(&home.check("HEAD --path none").exits(0)).is_empty());
    home.check("HEAD --path none --some").exits(2).says("there is no release in HEAD");
}

#[test]
fn a_repository_that_is_a_release() {
    let home = Home::new();
    home.git("rm -q notes.txt").exits(0);
    home.release("");
    home.commit();
    home.install("");
    home.git("push origin main").exits(0).says("release         ., signed by a@b");
    home.flip("config.json");
    home.commit();
    assert_eq!(findings(&home.check("HEAD").exits(1)), ["DC2003 config.json"]);
}
