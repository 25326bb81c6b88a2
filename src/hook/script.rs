//! The hook itself: a few lines of shell that call this tool.

use super::Hook;

/// By this line a hook is known as one of these.
const MARK: &str = "# Written by `declass hook install`; `declass hook uninstall` removes it.";

/// The file that a hook was moved to that had been there before.
pub(super) fn kept(hook: Hook) -> String {
    format!("{}.before-declass", hook.name())
}

/// The hook as a shell script. Where the tool is missing, it says no: nothing was checked.
pub(super) fn script(hook: Hook) -> String {
    let (name, kept) = (hook.name(), kept(hook));
    format!(
        "#!/bin/sh\n\
         {MARK}\n\
         # Whom it trusts: git config --local --get-regexp '^declass[.]'\n\
         if ! command -v declass >/dev/null 2>&1; then\n\
         \x20   echo 'declass is not on the PATH: nothing was checked, so nothing is pushed' >&2\n\
         \x20   exit 2\n\
         fi\n\
         exec declass hook {name} --next \"${{0%/*}}/{kept}\" -- \"$@\"\n"
    )
}

/// Whether a hook is one of these, of whatever version.
pub(super) fn is_ours(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| line == MARK.as_bytes())
}
