//! `declass hook install` and `uninstall`.

use std::path::{Path, absolute};

use anyhow::{Context, Result};
use declass::{
    gate::Policy,
    git::Repository,
    hook::{self, Hook, Removed, Settings, require_foreign},
    sign::Trust,
};
use serde_json::json;

use super::args::{InstallArgs, UninstallArgs};
use crate::cli::{Exit, output::Printer};

pub(super) fn install(args: &InstallArgs, printer: &Printer) -> Result<Exit> {
    let repository = Repository::at(&args.repository)?;
    // What cannot be used would refuse every push.
    Trust::open(&args.trust)?;
    args.policy.as_deref().map(Policy::open).transpose()?;
    let rules = [Some(&args.trust), args.policy.as_ref()];
    rules.into_iter().flatten().try_for_each(|rules| require_foreign(&repository, rules))?;
    let whole = |path: &Path| absolute(path).with_context(|| format!("`{}` is no path", path.display()));
    let settings = Settings {
        trust: Some(whole(&args.trust)?),
        policy: args.policy.as_deref().map(whole).transpose()?,
        within: args.within.clone(),
    };
    let hook = if args.pre_receive { Hook::PreReceive } else { Hook::PrePush };
    settings.write(&repository)?;
    let installed = hook::install(&repository, hook)?;
    if args.json {
        printer.json(&json!({"hook": installed.hook, "kept": installed.kept}))?;
        return Ok(Exit::Yes);
    }
    printer.row("hook", installed.hook.display().to_string());
    if let Some(kept) = &installed.kept {
        printer.row("kept", format!("{}, which runs after the check", kept.display()));
    }
    printer.row("trusting", args.trust.display().to_string());
    if hook == Hook::PrePush {
        let message = "`git push --no-verify`, other clones: let CI run `declass hook check`, or the server --pre-receive";
        printer.row("not seen", message);
    }
    Ok(Exit::Yes)
}

pub(super) fn uninstall(args: &UninstallArgs, printer: &Printer) -> Result<Exit> {
    let repository = Repository::at(&args.repository)?;
    let mut removed = Vec::new();
    for hook in Hook::ALL {
        removed.extend(hook::uninstall(&repository, hook)?);
    }
    Settings::default().write(&repository)?;
    if args.json {
        let as_json = |removed: &Removed| json!({"hook": removed.hook, "restored": removed.restored});
        printer.json(&removed.iter().map(as_json).collect::<Vec<_>>())?;
        return Ok(Exit::Yes);
    }
    for Removed { hook, restored } in &removed {
        let then = if *restored { "; the one before it is back" } else { "" };
        printer.row("removed", format!("{}{then}", hook.display()));
    }
    if removed.is_empty() {
        printer.row("removed", "no hook of declass was there");
    }
    Ok(Exit::Yes)
}
