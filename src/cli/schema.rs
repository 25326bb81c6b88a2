//! What `--json` prints, by name and version: every output says first which it is, and has its JSON Schema in
//! `docs/src/spec/schemas/`.

/// A kind of output. Its version grows with every change that a reader could notice, a field more excepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Schema {
    #[cfg(feature = "compute")]
    Batch,
    #[cfg(feature = "compute")]
    Compare,
    Env,
    Evaluate,
    Explain,
    HookCheck,
    HookInstall,
    HookUninstall,
    Inspect,
    Keygen,
    Log,
    Methods,
    #[cfg(all(feature = "compute", feature = "hub"))]
    Push,
    RegisterAppend,
    RegisterInit,
    RegisterList,
    RegisterVerify,
    Reproduce,
    Run,
    Sign,
    TimestampAttach,
    TimestampRequest,
    Unlearn,
    Verify,
}

impl Schema {
    /// The value of `schema` in the output: `declass/NAME/VERSION`.
    pub(super) fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "compute")]
            Self::Batch => "declass/batch/1",
            #[cfg(feature = "compute")]
            Self::Compare => "declass/compare/1",
            Self::Env => "declass/env/1",
            Self::Evaluate => "declass/evaluate/1",
            Self::Explain => "declass/explain/1",
            Self::HookCheck => "declass/hook-check/1",
            Self::HookInstall => "declass/hook-install/1",
            Self::HookUninstall => "declass/hook-uninstall/1",
            Self::Inspect => "declass/inspect/1",
            Self::Keygen => "declass/keygen/1",
            Self::Log => "declass/log/1",
            Self::Methods => "declass/methods/1",
            #[cfg(all(feature = "compute", feature = "hub"))]
            Self::Push => "declass/push/1",
            Self::RegisterAppend => "declass/register-append/1",
            Self::RegisterInit => "declass/register-init/1",
            Self::RegisterList => "declass/register-list/1",
            Self::RegisterVerify => "declass/register-verify/1",
            Self::Reproduce => "declass/reproduce/1",
            Self::Run => "declass/run/1",
            Self::Sign => "declass/sign/1",
            Self::TimestampAttach => "declass/timestamp-attach/1",
            Self::TimestampRequest => "declass/timestamp-request/1",
            Self::Unlearn => "declass/unlearn/1",
            Self::Verify => "declass/verify/1",
        }
    }
}
