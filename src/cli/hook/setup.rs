//! `declass hook install` and `uninstall`.

use anyhow::Result;
use declass::{
    gate::Policy,
    git::Repository,
    hook::{self, Hook, Removed, Settings, require_foreign},
    sign::Trust,
};
use serde_json::json;

use super::args::{InstallArgs, UninstallArgs};
use crate::cli::{Exit, output::Printer, schema::Schema};

pub(super) fn install(args: &InstallArgs, printer: &Printer) -> Result<Exit> {
    let repository = Repository::at(&args.repository)?;
    let settings = Settings {
        trust: Some(require_foreign(&repository, &args.trust)?),
        policy: args.policy.as_deref().map(|policy| require_foreign(&repository, policy)).transpose()?,
        within: args.within.clone(),
    };
    // What cannot be used would refuse every push.
    Trust::open(&args.trust)?;
    args.policy.as_deref().map(Policy::open).transpose()?;
    let hook = if args.pre_receive { Hook::PreReceive } else { Hook::PrePush };
    settings.write(&repository)?;
    let installed = hook::install(&repository, hook)?;
    if args.json {
        printer.answer(Schema::HookInstall, &json!({"hook": installed.hook, "kept": installed.kept}))?;
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
        let removed: Vec<_> = removed.iter().map(as_json).collect();
        printer.answer(Schema::HookUninstall, &json!({"removed": removed}))?;
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
