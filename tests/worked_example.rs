//! The worked example of the manual is run as it stands: `src/worked_example.md`, command by command, in one shell.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const PAGE: &str = include_str!("../src/worked_example.md");

/// What the shell prints between the output of two commands.
const MARK: &str = "\u{1e}";

/// Whom git names as the author of a commit.
const IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "release"),
    ("GIT_AUTHOR_EMAIL", "release@example.org"),
    ("GIT_COMMITTER_NAME", "release"),
    ("GIT_COMMITTER_EMAIL", "release@example.org"),
];

/// A command of the page, and the lines that are shown below it.
struct Step {
    command: String,
    shown: Vec<&'static str>,
}

#[test]
fn the_worked_example_does_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/fmnist-resnet"),
        &folder.path().join("model"),
    );
    let steps = steps(PAGE);
    assert!(steps.len() > 20, "the page has {} commands", steps.len());

    let (answers, is_done) = run(&steps, folder.path());
    for (step, answer) in steps.iter().zip(&answers) {
        if let Some(missing) = first_missing(&step.shown, answer) {
            panic!("`{}` does not print\n    {missing}\nbut\n{answer}", step.command);
        }
    }
    let last = (&steps[answers.len() - 1].command, answers.last().unwrap());
    assert!(is_done && answers.len() == steps.len(), "stopped at `{}`:\n{}", last.0, last.1);
}

/// The commands of all console blocks: what follows `$ `, and lines that begin with `>` go on with it.
fn steps(page: &'static str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match (line.strip_prefix("$ "), line.strip_prefix('>')) {
                (Some(command), _) => steps.push(Step { command: command.into(), shown: Vec::new() }),
                (None, Some(more)) => {
                    let command = &mut steps.last_mut().unwrap().command;
                    command.push('\n');
                    command.push_str(more.strip_prefix(' ').unwrap_or(more));
                }
                (None, None) => steps.last_mut().unwrap().shown.push(line),
            },
        }
    }
    steps
}

/// What each command printed, in the order of the page, and whether all succeeded; if one did not, it is the last.
fn run(steps: &[Step], folder: &Path) -> (Vec<String>, bool) {
    let commands: String = steps.iter().map(|step| format!("{}\nprintf '{MARK}'\n", step.command)).collect();
    let mut shell = Command::new("bash");
    shell.args(["-e", "-c", &format!("exec 2>&1\n{commands}")]).stdin(Stdio::null()).current_dir(folder);
    shell
        .env("PATH", path_with_declass())
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("NO_COLOR", "1");
    for (variable, value) in IDENTITY {
        shell.env(variable, value);
    }
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GITHUB_ACTIONS"] {
        shell.env_remove(variable);
    }
    let output = shell.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let text = text.strip_suffix(MARK).unwrap_or(&text);
    (text.split(MARK).map(str::to_owned).collect(), output.status.success())
}

/// The first shown line that `answer` does not have behind those before it. `...` stands for anything.
fn first_missing<'a>(shown: &[&'a str], answer: &str) -> Option<&'a str> {
    let mut lines = answer.lines();
    shown.iter().find(|line| !lines.any(|printed| fits(line, printed))).copied()
}

/// Whether `line` is `pattern`, in which `...` stands for anything.
fn fits(pattern: &str, line: &str) -> bool {
    match pattern.split_once("...") {
        None => pattern == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            (0..=line.len()).filter(|&at| line.is_char_boundary(at)).any(|at| fits(rest, &line[at..]))
        }),
    }
}

/// The folder with the binary under test, before all others.
fn path_with_declass() -> std::ffi::OsString {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_declass"));
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(
        [built.parent().unwrap().to_owned()].into_iter().chain(std::env::split_paths(&others)),
    )
    .unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
