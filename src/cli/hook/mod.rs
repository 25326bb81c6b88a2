//! `declass hook`: the gate in git.

mod args;
mod next;
mod print;
mod setup;

use std::{
    env,
    io::{self, Read},
    time::SystemTime,
};

use anyhow::{Context, Result, bail};
pub(super) use args::HookArgs;
use args::{CheckArgs, HookCommand, RuleArgs, RunArgs};
use declass::{
    gate::Policy,
    git::Repository,
    hook::{Checked, Hook, Pushed, Rules, Settings, check, require_foreign},
    sign::Trust,
};

use super::{Exit, output::Printer};

/// Git tells a hook of no more refs than fit in here.
const MAX_INPUT: u64 = 1 << 26;

pub(super) fn run(args: &HookArgs, printer: &Printer) -> Result<Exit> {
    match &args.command {
        HookCommand::Check(args) => run_check(args, printer),
        HookCommand::Install(args) => setup::install(args, printer),
        HookCommand::PrePush(args) => run_hook(Hook::PrePush, args, printer),
        HookCommand::PreReceive(args) => run_hook(Hook::PreReceive, args, printer),
        HookCommand::Uninstall(args) => setup::uninstall(args, printer),
    }
}

fn run_check(args: &CheckArgs, printer: &Printer) -> Result<Exit> {
    let asked: Vec<Pushed> =
        args.revisions.iter().map(|name| Pushed { name: name.clone(), object: name.clone() }).collect();
    let checked = examine(&Repository::here(), &asked, &args.rules)?;
    if args.some && checked.iter().all(|one| one.releases.is_empty() && one.findings.is_empty()) {
        bail!("there is no release in {}, and --some asks for one", args.revisions.join(", "));
    }
    print::print(&checked, &args.rules, printer)
}

/// What git runs, and then what it would run without it.
fn run_hook(hook: Hook, args: &RunArgs, printer: &Printer) -> Result<Exit> {
    let mut input = Vec::new();
    io::stdin().lock().take(MAX_INPUT + 1).read_to_end(&mut input).context("what git says cannot be read")?;
    if input.len() as u64 > MAX_INPUT {
        bail!("more refs are pushed than can be checked at once");
    }
    let repository = Repository::here();
    let checked = examine(&repository, &hook.read(&input)?, &args.rules)?;
    match print::print(&checked, &args.rules, printer)? {
        Exit::Yes => next::run(&repository, hook, args, &input, printer),
        refused => Ok(refused),
    }
}

fn examine(repository: &Repository, pushed: &[Pushed], args: &RuleArgs) -> Result<Vec<Checked>> {
    let set = Settings::read(repository)?;
    let Some(trust) = args.trust.as_ref().or(set.trust.as_ref()) else {
        bail!(
            "no trusted keys: name them with --trust FILE, or in the repository with `git config --local declass.trust \
             FILE`"
        );
    };
    let policy = args.policy.as_ref().or(set.policy.as_ref());
    for rules in [Some(trust), policy].into_iter().flatten() {
        require_foreign(repository, rules)?;
    }
    let trust = Trust::open(trust)?;
    let policy = policy.map(|policy| Policy::open(policy)).transpose()?;
    let within = if args.within.is_empty() { &set.within } else { &args.within };
    let scratch = env::temp_dir();
    let (policy, at) = (policy.as_ref(), SystemTime::now());
    Ok(check(repository, pushed, &Rules { trust: &trust, policy, at, within, scratch: &scratch })?)
}
