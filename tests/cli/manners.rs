//! How the tool behaves among others: closed pipes, help, paths with slips in them.

use std::process::Stdio;

use expect_test::expect;
use tempfile::tempdir;

use crate::process::{declass, finish, resnet, run, seal, unlearn, verify};

#[test]
fn a_reader_that_has_seen_enough_is_nobodys_error() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let (model, place) = (resnet(), out.to_str().unwrap().to_owned());
    let model = model.to_str().unwrap();
    let runs: [&[&str]; 4] = [
        &["inspect", model, "--json"],
        &["unlearn", model, "--forget", "5", "--method", "seal", "-o", &place, "--json"],
        &["verify", &place, "--original", model, "--json"],
        &["export", "cyclonedx", &place],
    ];
    for arguments in runs {
        let mut child =
            declass().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn options_stand_under_their_own_headings() {
    for (command, own) in [
        ("unlearn", &["--forget", "--out", "--slot", "--method", "--dry-run"][..]),
        ("evaluate", &["--eval-embeddings", "--forget"]),
        ("verify", &["--trust", "--policy", "--seed", "--device"]),
        ("export", &["--out"]),
        ("reproduce", &["--device"]),
    ] {
        let help = run(&[command, "-h"]).exits(0).stdout;
        let hub = help.split("\nHub:\n").nth(1).unwrap_or_else(|| panic!("{help}"));
        let hub = hub.split("\n\n").next().unwrap();
        assert!(hub.contains("--offline"), "{help}");
        for option in own {
            assert!(help.contains(option) && !hub.contains(option), "{command}: {option} in {hub}");
        }
    }
}

#[test]
fn codes_keep_their_columns() {
    let listed = run(&["explain"]).exits(0).stdout;
    assert!(listed.lines().all(|line| !line.contains("registeredrej")), "{listed}");
    let columns: Vec<usize> = listed
        .lines()
        .filter(|line| line.starts_with("DC"))
        .map(|line| line.find("rejected, ").or_else(|| line.find("no verdict, ")).unwrap())
        .collect();
    assert!(columns.len() > 10 && columns.iter().all(|column| *column == columns[0]), "{listed}");
}

#[test]
fn verify_asks_for_an_original_or_for_trusted_keys() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    seal(&resnet(), &out, &["--forget", "5"]).exits(0);
    run(&["verify", out.to_str().unwrap()]).exits(2).told(expect![[r#"
        error: the following required arguments were not provided:
          <--original <MODEL>|--trust <FILE>>

        Usage: declass verify <--original <MODEL>|--trust <FILE>> <RELEASE>

        For more information, try '--help'.
    "#]]);
    verify(&resnet(), &out, &[]).exits(2).told(expect![[r#"
        error: `[REPOSITORY]/fixtures/models/fmnist-resnet` is not a declass release: it has no claim

        hint: are the two swapped? `declass verify [FOLDER]/out --original [REPOSITORY]/fixtures/models/fmnist-resnet`
    "#]]);
    run(&["verify", out.to_str().unwrap(), "--trust", "nowhere.toml"]).exits(2).told(expect![[r#"
        error: rules `nowhere.toml`: there is no such file

        hint: is the path spelled right?
    "#]]);
}

#[test]
fn a_slip_in_a_path_is_told_here_and_to_no_server() {
    let at = |path: &str| {
        finish(
            declass()
                .current_dir("fixtures")
                .args(["inspect", path])
                .env("HF_ENDPOINT", "http://127.0.0.1:9"),
        )
        .exits(2)
    };
    at("models/fmnist-resnt").told(expect![[r#"
        error: `models/fmnist-resnt`: No such file or directory (os error 2)

        hint: did you mean `models/fmnist-resnet` or `models/fmnist-resnet.onnx` or `models/fmnist-swin`? A repository of that name is asked for as `models/fmnist-resnt@main`
    "#]]);
    at("models/vit.onnx").told(expect![[r#"
        error: `models/vit.onnx`: No such file or directory (os error 2)

        hint: is the path spelled right? A repository of that name is asked for as `models/vit.onnx@main`
    "#]]);
    at("./models/vit").says("No such file").says("is the path spelled right?");
    at("a/b/c").says("No such file");
}

#[test]
#[cfg(feature = "hub")]
fn a_name_that_is_no_path_is_said_to_have_been_looked_up() {
    let folder = tempdir().unwrap();
    let ran = finish(
        declass()
            .args(["inspect", "nobody/nothing"])
            .env("HF_HUB_CACHE", folder.path())
            .env("HF_ENDPOINT", "http://127.0.0.1:9"),
    );
    let ran = ran.exits(2).says("there is no path `nobody/nothing` here, so it was looked up on the Hub");
    ran.says("if a path was meant, is it spelled right?");
}

#[test]
fn a_closed_form_that_fails_says_which_bound_it_missed() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    unlearn(&resnet(), &out, &["--forget", "5", "--method", "pour"]).exits(1).told(expect![[r#"
        error: unlearning did not succeed: in closed form: worst stratum 0.0 % recognised, retained agreement 91.8 % (needs 94 %), worst class 82.8 % (needs 87 %), divergence 2.80e-2 nats

        hint: try --method seal, which leaves the other classes as they are, or one that trains: `declass methods`
    "#]]);
    assert!(!out.exists());
}

#[test]
fn lines_fit_the_terminal_and_nothing_is_lost() {
    let folder = tempdir().unwrap();
    let model = resnet();
    let told = |columns: &str, name: &str| {
        let out = folder.path().join(name);
        let mut command = declass();
        command.env("COLUMNS", columns).arg("unlearn").arg(&model).arg("-o").arg(&out);
        finish(command.args(["--forget", "5", "--method", "seal"])).exits(0).stdout
    };
    let (wide, narrow) = (told("100000", "wide"), told("60", "slim"));
    let rows = |text: &str| text.lines().filter(|line| !line.starts_with(' ')).count();
    assert!(narrow.lines().count() > wide.lines().count() && rows(&wide) == rows(&narrow), "{narrow}");
    // What cannot be parted, such as a path or a name in backticks, may be longer.
    let is_long = |line: &&str| line.chars().count() > 60 && line.trim().matches(' ').count() > 1;
    assert_eq!(narrow.lines().filter(|line| line.starts_with(' ')).find(is_long), None, "{narrow}");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace("wide", "slim");
    assert_eq!(words(&wide), words(&narrow));
    assert!(
        !narrow.lines().any(|line| line.trim_start().starts_with("% ")),
        "units stay with numbers: {narrow}"
    );
}

#[test]
fn a_report_of_a_fault_tells_no_secrets() {
    let mut command = declass();
    command
        .env("HF_TOKEN", "hf_secret")
        .env("DECLASS_KEY", "PEM")
        .env("RAYON_NUM_THREADS", "3")
        .args(["env", "--json"]);
    let said = finish(&mut command).exits(0);
    assert!(!said.stdout.contains("hf_secret") && !said.stdout.contains("PEM"), "{said:?}");
    let said = said.json();
    assert_eq!(
        (&said["schema"], &said["version"]),
        (&"declass/env/1".into(), &env!("CARGO_PKG_VERSION").into())
    );
    assert_eq!(said["variables"]["RAYON_NUM_THREADS"], "3");
    assert!(
        said["threads"].as_u64().unwrap() > 0 && said["features"].as_array().unwrap().len() > 1,
        "{said}"
    );
}

#[test]
fn words_checks_and_codes_are_explained() {
    run(&["explain", "NATS"]).exits(0).shows("unit of information");
    run(&["explain", "forgotten"]).exits(0).shows("The classes that are removed");
    run(&["explain", "forget-rate"]).exits(0).shows("does not show accuracy on real inputs");
    run(&["explain", "2011"]).exits(0).shows("DC2011");
    run(&["explain", "forget-rat"]).exits(2).says("is it `forget-rate`, ");
    run(&["explain", "weasel-wor"]).exits(2).says("lists all codes and words");
    let said = run(&["explain", "routing", "--json"]).exits(0).json();
    assert_eq!((&said["checks"][0]["id"], said["codes"].as_array().unwrap().len()), (&"routing".into(), 0));
}
