//! `declass push`: a release that is what its claim says, in one commit.

use expect_test::expect;
use std::fs;

use crate::{
    run::{Place, read, resnet},
    server::What,
};

/// A place with a release in `out`.
fn released() -> Place {
    let (place, _) = Place::with_resnet();
    place.run(&["unlearn", "org/resnet", "--forget", "5", "--method", "seal", "-o", "out", "-q"]).exits(0);
    place
}

#[test]
fn a_release_goes_up_in_one_commit_and_comes_down_again() {
    let place = released();
    let pushed = place.run_known(&[
        "push",
        "out",
        "org/new",
        "--original",
        "org/resnet",
        "--private",
        "--unsigned",
        "--json",
    ]);
    let pushed = pushed.exits(0).json();
    {
        let state = place.hub.state();
        let repo = &state.repos["org/new"];
        assert!(repo.private);
        assert_eq!(repo.commits.len(), 2, "that of the making, and one more");
        let commit = repo.at("main").unwrap();
        assert_eq!(pushed["commit"], commit.sha.as_str());
        assert!(commit.message.contains("declass"));
        let names: Vec<&str> = commit.files.keys().map(String::as_str).collect();
        let mut expected = vec![".gitattributes", "README.md", "class-removal.statement.json", "config.json"];
        expected.extend(["model.safetensors", "preprocessor_config.json"]);
        assert_eq!(names, expected);
    }
    let verified =
        place.run_known(&["verify", "org/new", "--original", "org/resnet", "--json"]).exits(0).json();
    assert_eq!(verified["passed"], true);
    // Again, as an update.
    place.run_known(&["push", "out", "org/new", "--unsigned", "-q"]).exits(0);
}

#[test]
fn a_pull_request_leaves_the_repository_as_it_is() {
    let place = released();
    place.run_known(&["push", "out", "org/new", "--unsigned", "-q"]).exits(0);
    let before = place.hub.state().repos["org/new"].at("main").unwrap().sha.clone();
    let ran = place.run_known(&["push", "out", "org/new", "--pr", "--unsigned"]).exits(0);
    assert!(ran.stdout.contains("/org/new/discussions"), "{ran:?}");
    let state = place.hub.state();
    assert_eq!(state.repos["org/new"].at("main").unwrap().sha, before);
    assert!(state.repos["org/new"].at("refs/pr/1").is_some());
}

#[test]
fn what_is_not_the_release_of_its_claim_is_not_sent() {
    let place = released();
    assert!(place.run(&["push", "--help"]).exits(0).stdout.contains("Examples:\n  declass push"));
    let refuse = |more: &[&str]| {
        let ran = place.run_known(&[&["push", "out", "org/new"], more].concat());
        assert!(!place.hub.state().repos.contains_key("org/new"));
        ran
    };
    refuse(&[]).exits(2).told(expect![[r#"
        error: give --trust FILE, or --unsigned to upload without a signature check
    "#]]);
    place.run(&["push", "out", "org/new", "--unsigned"]).exits(2).told(expect![[r#"
        error: nothing was sent
          caused by: no Hub token

        hint: set HF_TOKEN to a token that may write
    "#]]);
    place.run(&["push", "out", "org", "--unsigned"]).exits(2).told(expect![[r#"
        error: invalid value 'org' for '<REPOSITORY>': expected org/name

        For more information, try '--help'.
    "#]]);
    let weights = place.path("out/model.safetensors");
    let good = read(&weights);
    fs::write(&weights, read(&resnet().join("model.safetensors"))).unwrap();
    refuse(&["--unsigned"]).exits(1).told(expect![[r#"
        warning: DC2006 model.safetensors: its SHA-256 is [DIGEST], claimed is [DIGEST]
        warning: DC2007 the claim calls it sealed, and it is not
        warning: nothing was sent
    "#]]);
    fs::write(&weights, good).unwrap();
    for extra in ["weights.bin", "notes.txt"] {
        fs::write(place.path("out").join(extra), "x").unwrap();
        refuse(&["--unsigned"]).exits(1).says(extra).says("nothing was sent");
        fs::remove_file(place.path("out").join(extra)).unwrap();
    }
    // The behaviour is another model's.
    let other = crate::run::fixture("models/fmnist-vit");
    refuse(&["--unsigned", "--original", other.to_str().unwrap()]);
    refuse(&["--unsigned", "--original", "org/nothing"]).exits(2).told(expect![[r#"
        error: there is no path `org/nothing` here, so it was looked up on the Hub
          caused by: `http://[HOST]/api/models/org/nothing/revision/main` answered 404: Repository not found

        hint: are name and revision spelled right?
    "#]]);
}

#[test]
fn repositories_with_other_files_are_refused() {
    let place = released();
    place.run_known(&["push", "out", "org/resnet", "--unsigned", "-q"]).exits(0);
    place.hub.state().add("org/old", &[("pytorch_model.bin", b"pickle".to_vec())]);
    let ran = place.run_known(&["push", "out", "org/old", "--unsigned"]);
    ran.exits(2).told(expect![[r#"
        error: nothing was sent
          caused by: `org/old` holds files that are not of the release: `pytorch_model.bin`

        hint: they could still hold what was removed: choose another repository, or delete them there
    "#]]);
}

#[test]
fn servers_that_refuse_are_named() {
    let place = released();
    let push = || place.run_known(&["push", "out", "org/new", "--unsigned"]);
    place.hub.fault("/api/repos/create", 1, What::Answer(403, Vec::new()));
    push().exits(2).told(expect![[r#"
        error: nothing was sent
          caused by: `http://[HOST]/api/repos/create` answered 403: as ordered

        hint: is the name spelled right? If it is, set HF_TOKEN to a token that may do this, and accept the repository's conditions on its page
    "#]]);
    place.hub.fault("/commit/", 1, What::Answer(412, Vec::new()));
    push().exits(2).told(expect![[r#"
        error: nothing was sent
          caused by: `http://[HOST]/api/models/org/new/commit/main` answered 412: as ordered

        hint: the repository changed meanwhile; look at it and try again
    "#]]);
    place.hub.fault("/preupload/", 2, What::Answer(503, Vec::new()));
    push().exits(0);
    crate::run::finish(place.declass(&["push", "out", "org/x", "--unsigned"]).env("HF_TOKEN", "hf_wrong"))
        .exits(2)
        .told(expect![[r#"
            error: nothing was sent
              caused by: `http://[HOST]/api/repos/create` answered 401: Invalid credentials in Authorization header

            hint: is the name spelled right? If it is, set HF_TOKEN to a token that may do this, and accept the repository's conditions on its page
        "#]]);
}

#[test]
fn a_release_beside_other_weights_does_not_pass() {
    let place = released();
    place.run_known(&["push", "out", "org/new", "--unsigned", "-q"]).exits(0);
    let commit = place.hub.state().repos["org/new"].at("main").unwrap().clone();
    let mut files = commit.files;
    let entry = place.hub.state().keep(b"the old weights".to_vec());
    files.insert("old.bin".into(), entry);
    place.hub.state().repos.get_mut("org/new").unwrap().commit("main", "more", files);
    let verified = place.run(&["verify", "org/new", "--original", "org/resnet", "--json"]).exits(1).json();
    assert!(verified["repository"]["summary"].as_str().unwrap().contains("`old.bin`"), "{verified}");
    assert_eq!(verified["repository"]["outcome"], "failed");
}

#[test]
fn signed_releases_go_up_for_those_who_trust_the_key() {
    let place = released();
    place.declass(&["keygen", "-q"]).env("DECLASS_KEY_PASSPHRASE", "of this test").output().unwrap();
    let trust = |id: &str| {
        let text = format!(
            "version = 1\n[[key]]\nid = \"{id}\"\npem = \"release.pub.pem\"\nidentity = \"a@b\"\nroles = [\"oms\", \"claim\"]\n"
        );
        fs::write(place.path("trust.toml"), text).unwrap();
    };
    let mut sign = place.declass(&["sign", "out", "--key", "release.key", "--json"]);
    let signed = crate::run::finish(sign.env("DECLASS_KEY_PASSPHRASE", "of this test")).exits(0).json();
    trust(signed["signedBy"].as_str().unwrap());
    place.run_known(&["push", "out", "org/signed", "--trust", "trust.toml", "-q"]).exits(0);
    let files = place.hub.state().repos["org/signed"].at("main").unwrap().files.clone();
    assert!(files.contains_key("model.sig") && files.contains_key("class-removal.sigstore.json"));
    place.run(&["verify", "org/signed", "--trust", "trust.toml"]).exits(0);
    // Not signed at all.
    let arguments = ["unlearn", "org/resnet", "--forget", "4", "--method", "seal", "-o", "other", "-q"];
    place.run(&arguments).exits(0);
    place.run_known(&["push", "other", "org/other", "--trust", "trust.toml"]).exits(1).told(expect![[r#"
        warning: DC2001 model.sig: file not found: the release is not signed so
        warning: DC2001 class-removal.statement.json: the claim is UNSIGNED
        warning: nothing was sent
    "#]]);
    assert!(!place.hub.state().repos.contains_key("org/other"));
}
