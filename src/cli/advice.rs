//! What to do about an error at the command line: the one place where errors and options meet.

use std::{fmt, io, path::Path};

use declass::{
    error::{
        ClassError, Error, HubError, KeyError, KeyKind, LocateError, Parameter, RemovalError, UnlearnError,
    },
    fetch::{HubRef, near},
    formats::{FormatError, Problem},
};

use super::hub::LookedUp;

/// An error of the command line itself, and what to do about it.
#[derive(Debug)]
pub(super) struct Advised {
    pub(super) reason: String,
    pub(super) advice: Option<String>,
}

impl fmt::Display for Advised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Advised {}

/// What the user can do about an error, if anything is known to help.
pub(super) fn on(error: &anyhow::Error) -> Option<String> {
    if let Some(advised) = error.downcast_ref::<Advised>() {
        return advised.advice.clone();
    }
    let downloaded_by_name = error.downcast_ref::<LookedUp>().is_some();
    let error = error.downcast_ref::<Error>()?;
    match error {
        Error::Class(ClassError::SeveralInOne { .. }) => {
            Some("name each class with a --forget of its own".into())
        }
        Error::Class(ClassError::LabelAndIndex { name, .. }) => {
            Some(format!("say which: --forget 'label:{name}' or --forget 'index:{name}'"))
        }
        Error::Removal(RemovalError::LabelLeft { others, .. }) => {
            let options: Vec<String> = others.iter().map(|class| format!("--forget {class}")).collect();
            let options = options.join(" ");
            Some(format!(
                "name these too ({options}), give each class a label of its own in the original, or accept with --allow-stale \
                 that the label stays, and the claim then says so"
            ))
        }
        Error::Class(error) if of_an_output(error).is_some() => of_an_output(error),
        Error::Class(error @ ClassError::Unlabelled { .. }) => error
            .hint()
            .map(|hint| format!("{hint}; `declass unlearn` takes labels from a file, too, with --labels")),
        Error::Class(error @ ClassError::Unknown { near, .. }) if near.is_empty() => {
            error.hint().map(|hint| format!("`declass inspect` lists the labels; {hint}"))
        }
        Error::Removal(RemovalError::WithoutUse { parameters, .. }) => {
            let options: Vec<&str> = parameters.iter().copied().map(option).collect();
            let options = options.join(" and ");
            Some(format!("leave out {options}, or choose a method that trains: `declass methods`"))
        }
        Error::Format(FormatError { path, problem: Problem::Io(reason) })
            if reason.kind() == io::ErrorKind::NotFound =>
        {
            Some(where_it_could_be(path))
        }
        Error::Hub(HubError::Connection { .. }) if downloaded_by_name => Some(
            "if a path was meant, is it spelled right? If not, try again later: what was downloaded so far is kept".into(),
        ),
        Error::Rules { path, .. } if path.symlink_metadata().is_err() => Some(where_it_could_be(path)),
        Error::Hub(HubError::Unclear { choices, .. }) => Some(format!("name one with --file: {choices}")),
        _ => fixed(error).map(Into::into).or_else(|| error.hint()),
    }
}

/// How the class of one output of several is named, if a name may be meant for one.
fn of_an_output(error: &ClassError) -> Option<String> {
    let name = match error {
        ClassError::Unknown { name, near, .. } if near.is_empty() => name,
        ClassError::Unlabelled { name, .. } => name,
        _ => return None,
    };
    let (output, class) = name.split_once(':').filter(|(output, _)| !["index", "label"].contains(output))?;
    (!output.is_empty() && !class.is_empty()).then(|| {
        format!("if class `{class}` of output `{output}` is meant: --head '{output}' --forget '{class}', treat one output per run, and run again on the result for the next")
    })
}

/// What could have been meant by a path that is not there.
fn where_it_could_be(path: &Path) -> String {
    if let Some(name) = path.to_str().and_then(named_by_address) {
        return name;
    }
    let near = near(path);
    let near: Vec<String> = near.iter().map(|path| format!("`{}`", path.display())).collect();
    let repository = path.to_str().and_then(HubRef::parse).filter(|reference| reference.revision.is_none());
    match (near.as_slice(), repository) {
        ([], None) => "is the path spelled right?".into(),
        ([], Some(repository)) => {
            format!(
                "is the path spelled right? A repository of that name is asked for as `{repository}@main`"
            )
        }
        (near, None) => format!("did you mean {}?", near.join(" or ")),
        (near, Some(repository)) => {
            let near = near.join(" or ");
            format!("did you mean {near}? A repository of that name is asked for as `{repository}@main`")
        }
    }
}

/// What to name in the place of an address, if it is one.
fn named_by_address(path: &str) -> Option<String> {
    let (scheme, rest) = path.split_once("://")?;
    if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let repository = rest.strip_prefix("huggingface.co/").or_else(|| rest.strip_prefix("hf.co/"));
    let mut parts = repository.unwrap_or_default().split('/').filter(|part| !part.is_empty());
    Some(match (parts.next(), parts.next()) {
        (Some(owner), Some(name)) => {
            format!("a repository on the Hub is named without its address: `{owner}/{name}`")
        }
        _ => "addresses are not fetched: name a path, or a repository on the Hub as `org/name`".into(),
    })
}

fn fixed(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::CannotDrop { keepable: true, .. } => "keep the slots with --slot keep",
        Error::CannotKeep { droppable: true, .. } => "drop the slots with --slot drop",
        Error::CannotAmend { needs_key: true, .. } => "name the key that signs with --key",
        Error::DestinationExists { release: true, .. } => "replace it with --force",
        Error::DestinationExists { release: false, .. } => {
            "choose another place: --force replaces earlier releases and empty folders only"
        }
        Error::ForeignFiles { .. } => "move them elsewhere, or choose another place with -o",
        Error::Hub(HubError::NotBuiltIn { .. }) => {
            "is the path spelled right? For models on a hub, build with --features hub"
        }
        Error::Hub(HubError::NotCached { .. }) => {
            "leave out --offline (and HF_HUB_OFFLINE) once to download it"
        }
        Error::InsideInput { .. } | Error::OverwritesInput { .. } => "choose another place with -o",
        Error::Key(error) => return of_key(error),
        Error::Locate(error) => return of_locate(error),
        Error::NoClaim { .. } => {
            "name the removed classes with --forget, or a folder that `declass unlearn` wrote"
        }
        Error::NoDevice { built_in: false, .. } => {
            "this build has no CUDA support; build with --features cuda or use --device cpu"
        }
        Error::NoDevice { built_in: true, .. } => {
            "it takes a driver, cuBLAS where the loader finds it (LD_LIBRARY_PATH) and a GPU of the kind that this build is \
             for; --device auto takes the CPU where there is none"
        }
        Error::NoName { .. } => "end -o with the name of the folder to write",
        Error::Removal(error) => return of_removal(error),
        Error::Stale { keepable: false, .. } => {
            "correct or remove these first, or accept that they stay as they are with --allow-stale, and the claim then \
             lists them"
        }
        Error::Stale { keepable: true, .. } => {
            "keep the slots with --slot keep, correct or remove these first, or accept that they stay as they are with --allow-stale, and the \
             claim then lists them"
        }
        Error::TrainingEmbeddingsMissing { .. } => "give them, too: with --train-data or --train-embeddings",
        Error::Unlearn(error) => return of_unlearn(error),
        Error::Unsigned { .. } => "sign the release first: `declass sign OUT --key KEY`",
        _ => return None,
    })
}

fn of_key(error: &KeyError) -> Option<&'static str> {
    match error {
        // Most versions of ssh-keygen write Ed25519 keys in no other format than OpenSSH's.
        KeyError::OpenSsh { wanted: KeyKind::Register } => {
            Some("let `declass register init` make another: name a file that is not there yet with --key")
        }
        KeyError::Absent { wanted: KeyKind::Register }
        | KeyError::Malformed { wanted: KeyKind::Register, .. }
        | KeyError::OtherCurve { wanted: KeyKind::Register }
        | KeyError::OtherFormat { wanted: KeyKind::Register, .. } => {
            Some("name the key that `declass register init` made with --key")
        }
        _ => None,
    }
}

fn of_locate(error: &LocateError) -> Option<&'static str> {
    match error {
        LocateError::Ambiguous { .. } => Some("name it with --head"),
        LocateError::Large { .. } | LocateError::NotThisHead { .. } => {
            Some("name the right head with --head, if there is one")
        }
        _ => None,
    }
}

fn of_removal(error: &RemovalError) -> Option<&'static str> {
    match error {
        RemovalError::AlreadyRemoved { kept: true, .. } | RemovalError::AlreadySealed { .. } => {
            Some("to take the slots away as well, use --slot drop")
        }
        RemovalError::NotForMasks { .. } | RemovalError::NotForMultiLabel { .. } => Some("use --method seal"),
        RemovalError::FileLeft { .. } => {
            Some("leave out --one-file, or begin with the original and forget all classes in one run")
        }
        RemovalError::OtherClassesBefore { .. } => Some(
            "a release is about the classes of one head: begin with the original, and name several heads that have the same classes \
             in one run, each with --head",
        ),
        RemovalError::NoMinimum { .. } => Some("leave out --set optimizer=minimum"),
        RemovalError::NothingToDo => Some("leave out --no-seal or choose another --method"),
        RemovalError::OneAnswerLeft { .. } => Some(
            "it would be no classifier any more: train another model, or retire this one; --allow-constant writes it \
             nevertheless",
        ),
        RemovalError::SealOfDropped => Some("leave out --no-seal, or keep the slot with --slot keep"),
        _ => None,
    }
}

fn of_unlearn(error: &UnlearnError) -> Option<&'static str> {
    match error {
        UnlearnError::CannotSeal => Some("use --slot drop"),
        UnlearnError::DidNotForget { trains: false, .. } => Some(
            "try --method seal, which leaves the other classes as they are, or one that trains: `declass methods`",
        ),
        UnlearnError::DidNotForget { trains: true, .. } => {
            Some("try --method seal, more --epochs, more --samples or another --lr")
        }
        UnlearnError::NeedsBias { .. } => Some("use --method seal; `declass methods` lists others"),
        UnlearnError::NothingToTrain { .. } => Some("choose a method that trains: `declass methods`"),
        UnlearnError::Unreached { .. } => Some("leave out --no-seal, or try another --distribution"),
        _ => None,
    }
}

/// The option that chooses it.
fn option(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Distribution => "--distribution",
        Parameter::Epochs => "--epochs",
        Parameter::LearningRate => "--lr",
        Parameter::Optimizer => "--set optimizer",
        Parameter::Samples => "--samples",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_options_where_the_library_names_none() {
        let idle = RemovalError::WithoutUse {
            method: "seal",
            parameters: vec![Parameter::Epochs, Parameter::LearningRate],
        };
        for (error, option) in [
            (Error::from(idle), "--epochs and --lr"),
            (RemovalError::SealOfDropped.into(), "--no-seal"),
            (LocateError::Ambiguous { candidates: vec!["a".into()] }.into(), "--head"),
            (KeyError::Absent { wanted: KeyKind::Register }.into(), "--key"),
            (UnlearnError::CannotSeal.into(), "--slot drop"),
        ] {
            let (said, hint) = (error.to_string(), error.hint().unwrap_or_default());
            assert!(!said.contains("--") && !hint.contains("--"), "{said}; {hint}");
            let advice = on(&anyhow::Error::from(error).context("reading it")).unwrap();
            assert!(advice.contains(option), "{advice}");
        }
    }

    #[test]
    fn addresses_are_told_as_names() {
        for (path, name) in [
            ("https://huggingface.co/a/b", Some("`a/b`")),
            ("https://hf.co/a/b/tree/main", Some("`a/b`")),
            ("s3://bucket/model", Some("`org/name`")),
            ("C:\\m", None),
            ("a/b", None),
        ] {
            let advice = named_by_address(path);
            assert_eq!(advice.is_some(), name.is_some(), "{path}");
            assert!(advice.unwrap_or_default().contains(name.unwrap_or_default()), "{path}");
        }
    }

    #[test]
    fn keeping_is_not_advised_where_it_is_refused() {
        let advice = |keepable| on(&Error::CannotDrop { obstacle: "x".into(), keepable }.into()).unwrap();
        assert!(advice(true).contains("--slot keep") && !advice(false).contains("keep"));
        let advice = |keepable| on(&Error::Stale { parts: Vec::new(), keepable }.into()).unwrap();
        assert!(advice(true).contains("--slot keep") && !advice(false).contains("keep the"));
    }
}
