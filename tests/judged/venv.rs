//! The judges' own Python environment, made once below the target folder.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

/// Runs a judge of `tests/judge/`; what it says as JSON.
#[track_caller]
pub(crate) fn judge(script: &str, arguments: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge").join(script);
    let output = Command::new(python()).arg(&script).args(arguments).output().expect("python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {}: {said}", script.display(), arguments.join(" "));
    serde_json::from_slice(&output.stdout).expect("a judge speaks JSON")
}

fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(prepare)
}

/// Makes the environment, or takes the one that is there if its requirements are still the same.
fn prepare() -> PathBuf {
    let wanted = include_str!("../judge/requirements.txt");
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(home).expect("the target folder is writable");
    let lock = File::create(home.join("judge-venv.lock")).expect("a lock file");
    lock.lock().expect("only one process at a time makes the environment");
    let venv = home.join("judge-venv");
    let stamp = venv.join("requirements.txt");
    let python = venv.join("bin/python");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return python;
    }
    let _ = fs::remove_dir_all(&venv);
    must(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge/requirements.txt");
    must(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements));
    fs::write(stamp, wanted).expect("the stamp");
    python
}

fn must(command: &mut Command) {
    let help = "the judges need python3 with venv and a package index (Debian: apt install python3-venv)";
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {help}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}\n{help}");
}
