//! The check elsewhere: in CI, under the pre-commit framework, and of what git makes of line ends.

use std::{fs, path::Path, process::Command};

use crate::{process::finish, repository::Home};

#[test]
fn findings_are_for_machines_too() {
    let home = Home::with_release();
    let check =
        |format: &str| home.hook(&format!("check HEAD v0 --trust ../keys/trust.toml --format {format}"));
    home.git("tag v0").exits(0);
    let said = check("json").exits(0).json();
    assert_eq!((&said["passed"], &said["verdict"]), (&true.into(), &"yes".into()));
    assert_eq!(said["refs"][0]["releases"], said["refs"][1]["releases"]);
    assert_eq!(said["refs"][0]["releases"][0]["signatures"][0]["identity"], "a@b");
    check("github").exits(0).shows("::notice title=declass::passed: 2 releases in 2 refs");
    home.flip("release/config.json");
    home.commit();
    let said = check("json").exits(1).json();
    assert_eq!(
        (said["refs"][0]["name"].as_str(), said["refs"][1]["name"].as_str()),
        (Some("HEAD"), Some("v0"))
    );
    assert_eq!(said["refs"][1]["releases"][0]["findings"], serde_json::json!([]));
    check("github").exits(1).shows("::error file=release/config.json,title=DC2003 digest mismatch::");
    let sarif = check("sarif").exits(1).json();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "DC2003");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "release/config.json");
    assert_eq!(check("human --quiet").exits(1).stdout, "");
}

#[test]
fn a_checkout_with_other_line_ends_is_still_what_was_signed() {
    let home = Home::new();
    home.git("config core.autocrlf true").exits(0);
    home.release("release");
    home.commit();
    home.check("HEAD --some").exits(0);
    home.install("");
    home.git("push origin main").exits(0);
    home.git_in("", "-c core.autocrlf=true clone -q remote.git clone").exits(0);
    let crlf = fs::read(home.path("clone/notes.txt")).unwrap();
    assert_eq!(crlf, b"no release\r\n", "git does rewrite line ends here");
    let verify = |folder: &str| {
        let mut verify = home.command(env!("CARGO_BIN_EXE_declass"), "");
        finish(verify.args(["verify", folder, "--trust", "keys/trust.toml"]))
    };
    verify("clone/release").exits(0);
    fs::remove_file(home.work("release/.gitattributes")).unwrap();
    home.commit();
    home.git("push origin main").exits(0);
    home.git_in("", "-c core.autocrlf=true clone -q remote.git other").exits(0);
    verify("other/release").exits(1).shows("DC2003");
}

/// Says aloud that a program is missing.
#[expect(clippy::print_stderr, reason = "a test that tried nothing must not look like one that did")]
fn has_pre_commit() -> bool {
    let has =
        Command::new("pre-commit").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("skipped: there is no pre-commit (pip install pre-commit)");
    }
    has
}

#[test]
fn the_pre_commit_framework_runs_it() {
    if !has_pre_commit() {
        return;
    }
    let home = Home::with_release();
    home.hook("uninstall").exits(0);
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    home.git_in("", "init -q hooks").exits(0);
    fs::copy(hooks, home.path("hooks/.pre-commit-hooks.yaml")).unwrap();
    home.git_in("hooks", "add .").exits(0);
    home.git_in("hooks", "commit -qm x").exits(0);
    let revision = home.git_in("hooks", "rev-parse HEAD").stdout;
    let config = format!(
        "repos:\n- repo: ../hooks\n  rev: {}\n  hooks:\n  - id: declass-installed\n    args: [--trust, ../keys/trust.toml]\n",
        revision.trim_end()
    );
    fs::write(home.work(".pre-commit-config.yaml"), config).unwrap();
    home.commit();
    let pre_commit = |arguments: &str| {
        let mut command = home.command("pre-commit", "work");
        finish(command.env("PRE_COMMIT_HOME", home.path("cache")).args(arguments.split(' ')))
    };
    pre_commit("install --hook-type pre-push").exits(0);
    home.git("push origin main").exits(0).says("Passed");
    home.flip("release/config.json");
    home.commit();
    home.refuses("main").says("DC2003 ");
    // Ours beside theirs: the one that is there is kept by the other.
    home.git("push -q --no-verify origin main").exits(0);
    home.git("tag bad").exits(0);
    home.install("");
    home.refuses("bad").says("DC2003 ");
    home.hook("uninstall").exits(0);
    home.git("push origin bad").exits(0);
}
