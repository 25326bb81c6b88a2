//! Commands of a page, run in one shell as they stand.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::book::Page;

/// What the shell prints between the output of two commands.
const MARK: &str = "\u{1e}";

/// Whom git names as the author of a commit, and the passphrase of keys.
const VARIABLES: [(&str, &str); 7] = [
    ("DECLASS_KEY_PASSPHRASE", "the passphrase from the vault"),
    ("GIT_AUTHOR_NAME", "release"),
    ("GIT_AUTHOR_EMAIL", "release@example.org"),
    ("GIT_COMMITTER_NAME", "release"),
    ("GIT_COMMITTER_EMAIL", "release@example.org"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("NO_COLOR", "1"),
];

/// The commands of all `console` blocks of a page.
pub(crate) struct Script {
    page: PathBuf,
    steps: Vec<Step>,
}

/// A command of a page, and the lines that are shown below it.
struct Step {
    command: String,
    shown: Vec<String>,
}

impl Script {
    /// What follows `$ ` in console blocks; lines that begin with `>` go on with it.
    pub(crate) fn of(page: &Page) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let mut inside = false;
        for line in page.text.lines() {
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
                    (None, None) => steps.last_mut().unwrap().shown.push(line.into()),
                },
            }
        }
        Self { page: page.path.clone(), steps }
    }

    /// Whether the page has no commands.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Runs the commands in a folder and looks for what is shown in what they print; says what is not as it
    /// should be.
    pub(crate) fn run(&self, folder: &Path) -> Result<(), String> {
        let (answers, is_done) = self.answers(folder);
        let page = self.page.display();
        for (step, answer) in self.steps.iter().zip(&answers) {
            if let Some(missing) = first_missing(&step.shown, answer) {
                return Err(format!(
                    "{page}: `{}` does not print\n    {missing}\nbut\n{answer}",
                    step.command
                ));
            }
        }
        if is_done && answers.len() == self.steps.len() {
            return Ok(());
        }
        let last = answers.len() - 1;
        Err(format!("{page}: stopped at `{}`:\n{}", self.steps[last].command, answers[last]))
    }

    /// What each command printed, in the order of the page, and whether all succeeded; if one did not, it is
    /// the last.
    fn answers(&self, folder: &Path) -> (Vec<String>, bool) {
        let commands: String =
            self.steps.iter().map(|step| format!("{}\nprintf '{MARK}'\n", step.command)).collect();
        let mut shell = Command::new("bash");
        shell.args(["-e", "-c", &format!("exec 2>&1\n{commands}")]).stdin(Stdio::null()).current_dir(folder);
        shell.env("PATH", path_with_declass()).env("HOME", folder).envs(VARIABLES);
        for variable in
            ["COLUMNS", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GITHUB_ACTIONS", "XDG_CACHE_HOME"]
        {
            shell.env_remove(variable);
        }
        let output = shell.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text.strip_suffix(MARK).unwrap_or(&text);
        (text.split(MARK).map(str::to_owned).collect(), output.status.success())
    }
}

/// The first shown line that `answer` does not have behind those before it. `...` stands for anything.
fn first_missing<'a>(shown: &'a [String], answer: &str) -> Option<&'a str> {
    let mut lines = answer.lines();
    shown.iter().find(|line| !lines.any(|printed| fits(line, printed))).map(String::as_str)
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
fn path_with_declass() -> OsString {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_declass"));
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(
        [built.parent().unwrap().to_owned()].into_iter().chain(std::env::split_paths(&others)),
    )
    .unwrap()
}
