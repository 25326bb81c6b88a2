//! Exit codes and refusals: 0 done or yes, 1 no, 2 could not tell.

use expect_test::expect;
use tempfile::tempdir;

use crate::process::{Ran, fixture, names, resnet, run, seal, unlearn, verify};

/// A refused `unlearn`: exit code 2, and nothing written.
fn refused(more: &[&str]) -> Ran {
    let folder = tempdir().unwrap();
    let ran = unlearn(&resnet(), &folder.path().join("out"), more).exits(2);
    assert_eq!(names(folder.path()), [""; 0]);
    assert_eq!(ran.stdout, "");
    ran
}

#[test]
fn a_release_is_made_and_passes_the_gate() {
    let folder = tempdir().unwrap();
    for (model, slot) in [("fmnist-resnet", "keep"), ("fmnist-resnet.onnx", "drop")] {
        let out = folder.path().join(slot);
        unlearn(&fixture(model), &out, &["--forget", "5", "--slot", slot]).exits(0);
        assert!(out.join("class-removal.statement.json").is_file());
        verify(&out, &fixture(model), &[]).exits(0);
    }
    assert!(folder.path().join("drop/fmnist-resnet.onnx").is_file());
    assert_eq!(names(folder.path()), ["drop", "keep"]);
}

#[test]
fn an_unknown_class_suggests_near_names() {
    refused(&["--forget", "sandel"]).told(expect![[r#"
        error: the model has no class `sandel` (it has 10 classes)

        hint: did you mean 5 `Sandal`?
    "#]]);
    refused(&["--forget", "10"]).told(expect![[r#"
        error: the model has no class `10` (it has 10 classes)

        hint: `declass inspect` lists the labels; indices go from 0 to 9
    "#]]);
    refused(&["--forget", "5,6"]).told(expect![[r#"
        error: the model has no class `5,6`: each part of it is a class of its own

        hint: name each class with a --forget of its own
    "#]]);
    refused(&["--forget", "-1"]).told(expect![[r#"
        error: the model has no class `-1` (it has 10 classes)

        hint: `declass inspect` lists the labels; indices go from 0 to 9
    "#]]);
}

#[test]
fn a_class_may_not_be_named_twice() {
    refused(&["--forget", "Sandal", "--forget", "5"]).told(expect![[r#"
        error: class `5` is named twice
    "#]]);
    refused(&["--forget", "Sandal", "--forget", "Sandal"]).told(expect![[r#"
        error: class `Sandal` is named twice
    "#]]);
}

#[test]
fn at_least_one_class_stays_and_two_where_slots_go() {
    let forget = |classes: std::ops::Range<usize>| -> Vec<String> {
        classes.flat_map(|class| ["--forget".into(), class.to_string()]).collect()
    };
    let all = forget(0..10);
    refused(&all.iter().map(String::as_str).collect::<Vec<_>>()).told(expect![[r#"
        error: all 10 classes are to be removed: no classifier would be left
    "#]]);
    let nine = forget(0..9);
    let mut nine: Vec<&str> = nine.iter().map(String::as_str).collect();
    nine.extend(["--slot", "drop"]);
    refused(&nine).told(expect![[r#"
        error: dropping the slots would leave a single class, which is always the answer

        hint: it would be no classifier any more: train another model, or retire this one
    "#]]);
}

#[test]
fn nothing_to_do_is_refused() {
    refused(&["--forget", "5", "--method", "seal", "--no-seal"]).told(expect![[r#"
        error: the method `seal` without its seal changes nothing

        hint: leave out --no-seal or choose another --method
    "#]]);
    refused(&[]).told(expect![[r#"
        error: the following required arguments were not provided:
          <--forget <CLASS>|--forget-file <FILE>|--keep <CLASS>>

        Usage: declass unlearn --out <OUT> <--forget <CLASS>|--forget-file <FILE>|--keep <CLASS>> <MODEL>

        For more information, try '--help'.
    "#]]);
}

#[test]
fn options_without_use_are_refused() {
    let given = [
        ("--samples", "10"),
        ("--epochs", "10"),
        ("--lr", "0.1"),
        ("--distribution", "uniform"),
        ("--trace", "trace.csv"),
    ];
    for (option, value) in given {
        let ran = refused(&["--forget", "5", "--method", "seal", option, value]);
        ran.says("`seal` makes no use of").says(&format!("leave out {option}"));
    }
    refused(&["--forget", "5", "--method", "mask", "--epochs", "10"]).told(expect![[r#"
        error: method `mask` makes no use of the number of epochs

        hint: leave out --epochs, or choose a method that trains: `declass methods`
    "#]]);
    refused(&["--forget", "5", "--slot", "drop", "--no-seal"]).told(expect![[r#"
        error: a dropped slot has no row that could be sealed or left unsealed

        hint: leave out --no-seal, or keep the slot with --slot keep
    "#]]);
}

#[test]
fn bad_values_are_refused_by_name() {
    let bad = [
        ("--samples", "0"),
        ("--samples", "1000001"),
        ("--lr", "nan"),
        ("--lr", "0"),
        ("--lr", "-1"),
        ("--lr", "inf"),
        ("--epochs", "0"),
        ("--seed", "-1"),
        ("--seed", "18446744073709551616"),
        ("--device", "tpu"),
        ("--device", "cuda:x"),
        ("--slot", "shut"),
        ("--method", "wish"),
        ("--distribution", "cauchy"),
    ];
    for (flag, value) in bad {
        refused(&["--forget", "5", &format!("{flag}={value}")]).says(flag);
    }
    refused(&["--forget", "5", "--lr", "-1"]).told(expect![[r#"
        error: invalid value '-1' for '--lr <RATE>': expected a positive number

        For more information, try '--help'.
    "#]]);
    refused(&["--forget", "5", "--samples", "-1"]).told(expect![[r#"
        error: invalid value '-1' for '--samples <N>': -1 is not in 1..=1000000

        For more information, try '--help'.
    "#]]);
    refused(&["--forget", "5", "--force=yes"]);
    refused(&["--forget", "5", "-q", "-v"]).told(expect![[r#"
        error: the argument '--quiet' cannot be used with '--verbose'

        Usage: declass unlearn --out <OUT> --quiet <--forget <CLASS>|--forget-file <FILE>|--keep <CLASS>> <MODEL>

        For more information, try '--help'.
    "#]]);
    refused(&["--forget", "5", "--frobnicate"]).told(expect![[r#"
        error: unexpected argument '--frobnicate' found

          tip: to pass '--frobnicate' as a value, use '-- --frobnicate'

        Usage: declass unlearn --out <OUT> <--forget <CLASS>|--forget-file <FILE>|--keep <CLASS>> <MODEL>

        For more information, try '--help'.
    "#]]);
}

#[test]
#[cfg(not(feature = "cuda"))]
fn a_gpu_is_refused_where_the_build_has_none() {
    for device in ["cuda", "cuda:1"] {
        refused(&["--forget", "5", "--device", device]).says("cannot be used").says("--features cuda");
    }
}

#[test]
#[cfg(not(feature = "cuda"))]
fn without_a_gpu_auto_takes_the_cpu_and_says_so() {
    let folder = tempdir().unwrap();
    let (resnet, out) = (resnet(), folder.path().join("out"));
    let ran = unlearn(&resnet, &out, &["--forget", "5", "--device", "auto", "--json"]).exits(0);
    let predicate = &ran.json()["statement"]["predicate"];
    assert_eq!(predicate["buildDefinition"]["internalParameters"]["device"], "cpu");
    ran.told(expect![[r#"
        warning: device `cuda:0` cannot be used (the candle crate has not been built with cuda support), so the CPU computes
    "#]]);
    verify(&out, &resnet, &["--device", "auto"]).exits(0).told(expect![[r#"
        warning: device `cuda:0` cannot be used (the candle crate has not been built with cuda support), so the CPU computes
    "#]]);
    assert!(!verify(&out, &resnet, &[]).exits(0).stderr.contains("CPU"), "nobody asked for a GPU");
}

#[test]
#[cfg(not(feature = "hub"))]
fn a_build_without_hubs_says_so() {
    run(&["inspect", "org/name"]).exits(2).told(expect![[""]]);
    run(&["push", "out", "org/name"]).exits(2).told(expect![[""]]);
}

#[test]
fn a_model_that_is_not_there_is_refused() {
    let folder = tempdir().unwrap();
    let (nowhere, out) = (folder.path().join("nowhere"), folder.path().join("out"));
    unlearn(&nowhere, &out, &["--forget", "5"]).exits(2).told(expect![[r#"
        error: `[FOLDER]/nowhere`: No such file or directory (os error 2)

        hint: is the path spelled right?
    "#]]);
    run(&["inspect", nowhere.to_str().unwrap()]).exits(2).told(expect![[r#"
        error: `[FOLDER]/nowhere`: No such file or directory (os error 2)

        hint: is the path spelled right?
    "#]]);
    verify(&nowhere, &resnet(), &[]).exits(2).told(expect![[r#"
        error: `[FOLDER]/nowhere`: No such file or directory (os error 2)

        hint: is the path spelled right?
    "#]]);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn help_explains_and_shows_examples() {
    for command in ["evaluate", "explain", "inspect", "keygen", "methods", "sign", "unlearn", "verify"] {
        let help = run(&[command, "--help"]).exits(0).stdout;
        let examples = help.split("Examples:").nth(1).unwrap_or_else(|| panic!("{help}"));
        assert!(examples.contains(&format!("declass {command}")), "{help}");
    }
    let help = run(&["--help"]).exits(0).stdout;
    assert!(help.contains("Exit codes:"), "{help}");
    run(&[]).exits(2);
    run(&["--version"]).exits(0);
}

#[test]
fn the_head_can_be_named() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    seal(&resnet(), &out, &["--forget", "5", "--head", "classifier.1"]).exits(0);
    verify(&out, &resnet(), &[]).exits(0);
    refused(&["--forget", "5", "--head", "classifier.9"]).told(expect![[r#"
        error: there is no head `classifier.9`

        hint: candidates are classifier.1.weight [10, 128], resnet.encoder.stages.1.layers.0.shortcut.convolution.weight [32, 16, 1, 1], resnet.encoder.stages.2.layers.0.shortcut.convolution.weight [64, 32, 1, 1], resnet.encoder.stages.3.layers.0.shortcut.convolution.weight [128, 64, 1, 1]
    "#]]);
    refused(&["--forget", "5", "--head", ""]).told(expect![[r#"
        error: there is no head ``

        hint: candidates are classifier.1.weight [10, 128], resnet.encoder.stages.1.layers.0.shortcut.convolution.weight [32, 16, 1, 1], resnet.encoder.stages.2.layers.0.shortcut.convolution.weight [64, 32, 1, 1], resnet.encoder.stages.3.layers.0.shortcut.convolution.weight [128, 64, 1, 1]
    "#]]);
}

#[test]
fn a_dry_run_leaves_nothing() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = unlearn(&resnet(), &out, &["--forget", "5", "--dry-run"]).exits(0);
    assert!(ran.stdout.contains("nothing was kept"), "{ran:?}");
    assert_eq!(names(folder.path()), [""; 0]);
    let ran = seal(&resnet(), &out, &["--forget", "5", "--dry-run", "--json"]).exits(0).json();
    assert_eq!((&ran["passed"], &ran["out"]), (&true.into(), &serde_json::Value::Null));
    seal(&resnet(), &folder.path().join("a/b/out"), &["--forget", "5", "--dry-run"]).exits(0);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn unlearning_that_does_not_forget_exits_1_and_writes_nothing() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = unlearn(&resnet(), &out, &["--forget", "5", "--epochs", "1", "--lr", "0.001"]);
    ran.exits(1).says("did not succeed").says("--method seal");
    assert_eq!(names(folder.path()), [""; 0]);
}
