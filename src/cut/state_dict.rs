//! The head of a model of which only names, shapes and a configuration are known.

use std::collections::BTreeSet;

use declass_formats::Artifact;

use super::{
    Auxiliary, Branch, Choice, Cut, Head, Operand, Why,
    candidate::{self, Candidate},
    chain, detector, foreign, known,
    labels::{self, Stated},
    library::{
        boxes::{Detector, Scores},
        places,
    },
    masks, multi_label, names, not_this_head,
    per_class::{self, Reading},
    refusal, refuse,
    rules::{self, Found, Library, misfit_bias, token_head},
    stated,
};
use crate::error::{Error, LocateError};
use crate::evidence::{Untouched, UntouchedKind};
use crate::head::{Hints, Link, Place, Position, Ties};

/// Locates by the ordered rules: the library's own code, timm's declaration, what extents and names leave.
pub(super) fn locate(artifact: &Artifact, hints: &Hints) -> Result<Cut, Error> {
    let is_named = hints.head().is_some();
    foreign::check(artifact)?;
    if let Some(cut) = detector::locate(artifact, hints)? {
        return Ok(cut);
    }
    if let Some(cut) = masks::locate(artifact, hints)? {
        return Ok(cut);
    }
    refuse::check(artifact, is_named || places::torchvision(artifact).is_some())?;
    let matrices = candidate::matrices(artifact);
    let has_rows = |count: usize| matrices.iter().any(|it| it.rows() == count);
    let stated = labels::stated(artifact)?.map(|stated| known::with_no_object(artifact, stated));
    let stated = stated.filter(|stated| !stated.beside || has_rows(stated.count));
    // One of several that are independent may be left.
    let fewest = if multi_label::is_stated(artifact, hints)? { 1 } else { 2 };
    if stated.as_ref().is_some_and(|stated| stated.count < fewest) {
        return Err(one_output());
    }
    let found = find(artifact, hints, &matrices, stated.as_ref()).map_err(|error| {
        // Packed weights have neither the names nor the extents of layers.
        let fits = |it: &Candidate<'_>| {
            chain::is_plausible(it) && stated.as_ref().is_none_or(|stated| it.rows() == stated.count)
        };
        let hidden = !is_named && !matrices.iter().any(fits);
        refuse::quantised(artifact).filter(|_| hidden).unwrap_or(error)
    })?;
    assemble(artifact, found, &matrices, stated, hints)
}

fn find<'a>(
    artifact: &Artifact,
    hints: &Hints,
    matrices: &[Candidate<'a>],
    stated: Option<&Stated>,
) -> Result<Found<'a>, Error> {
    if hints.head().is_some() {
        let mut found = rules::named(matrices, &hints.heads)?;
        // One of several heads whose mean the library takes is not one without the others.
        if let Ok(Some(library)) = known::of_library(artifact.config(), matrices)
            && has(&library.heads, found.heads.first())
        {
            found.beside.retain(|it| !has(&library.heads, Some(it)) && !has(&library.beside, Some(it)));
            found.beside.extend(library.beside);
            found.heads = library.heads;
        }
        return Ok(found);
    }
    let count = stated.map(|stated| stated.count);
    let candidates: Vec<Candidate<'a>> =
        matrices.iter().filter(|it| count.is_none_or(|count| it.rows() == count)).cloned().collect();
    if candidates.is_empty() {
        return Err(refuse::backbone(artifact).unwrap_or_else(|| rules::no_candidate(artifact, stated)));
    }
    if let Some(found) = known::of_library(artifact.config(), matrices)? {
        return Ok(found);
    }
    if let Some(found) = known::of_torchvision(artifact, matrices) {
        return Ok(found);
    }
    if let Some(found) = known::of_timm(artifact, &candidates)? {
        return Ok(found);
    }
    let backbone = refuse::backbone(artifact);
    match (rules::last(artifact, &candidates, count), backbone) {
        (found, None) => found,
        // The labels say that there is a head, whoever wrote the code.
        (Ok(found), Some(_)) if stated.is_some_and(|stated| stated.named.is_some()) => {
            Ok(Found { confidence: found.confidence.min(0.6), ..found })
        }
        (Err(error @ Error::Locate(LocateError::Ambiguous { .. })), Some(_)) if count.is_some() => Err(error),
        (_, Some(refusal)) => Err(refusal),
    }
}

fn has(list: &[Candidate<'_>], candidate: Option<&Candidate<'_>>) -> bool {
    list.iter().any(|it| Some(it.tensor) == candidate.map(|candidate| candidate.tensor))
}

fn assemble(
    artifact: &Artifact,
    found: Found<'_>,
    matrices: &[Candidate<'_>],
    stated: Option<Stated>,
    hints: &Hints,
) -> Result<Cut, Error> {
    let Some(first) = found.heads.first().cloned() else {
        return Err(not_this_head("no head was found"));
    };
    let classes = first.rows();
    let stated = stated.filter(|stated| !stated.beside || stated.count == classes);
    check_classes(&found.heads, classes, stated.as_ref())?;
    let multi_label = multi_label::is_stated(artifact, hints)?;
    if classes < if multi_label { 1 } else { 2 } {
        return Err(one_output());
    }
    let alike: Vec<Candidate<'_>> = matrices.iter().filter(|it| it.rows() == classes).cloned().collect();
    if alike.iter().any(|it| it.module == "aux_head") {
        return Err(token_head());
    }
    let gain = if found.adds { 1.0 } else { 1.0 / found.heads.len() as f64 };
    let branches: Vec<Branch> =
        found.heads.iter().map(|it| branch(artifact, it, classes, gain)).collect::<Result<_, _>>()?;
    let others = Others::of(artifact, &found, &alike)?;
    let auxiliary: Vec<Branch> =
        others.auxiliary.iter().map(|it| branch(artifact, it, classes, 1.0)).collect::<Result<_, _>>()?;
    let untouched = untouched(artifact, &found, &others, &alike, hints)?;
    let detector = refuse::detector(artifact.config());
    let detector = detector.filter(|it| has(&known::places_of(it, matrices), found.heads.first()));
    let by_class = found.library == Library::Known && refuse::is_independent(artifact.config());
    let link = link(detector, multi_label || by_class);
    let place = refuse::place(artifact)?.or(found.place);
    let is_known = place.is_some() && found.library == Library::Known;
    let pooled_after = first.info.shape.len() > 2 && found.confidence < 1.0 && !is_known;
    let mut notes = notes(&found, &auxiliary, multi_label, pooled_after);
    notes.extend((link == Link::OneVsRest).then(|| SHIFTED.to_owned()));
    notes.extend(multi_label::suggestion(artifact, link));
    notes.extend(stated.iter().flat_map(|stated| stated.notes.clone()));
    notes.extend(refuse::is_adapter(artifact).then(|| ADAPTER.to_owned()));
    let auxiliary = auxiliary.into_iter().map(|branch| Auxiliary::new(branch, link)).collect();
    Ok(Cut {
        bound: stated::bound(artifact, &branches),
        head: Head {
            name: first.module.clone(),
            link,
            position: position(place, pooled_after),
            ties: if pooled_after { Ties::Possible } else { Ties::Never },
            auxiliary,
            fewest: known::fewest(artifact.config(), classes),
            obstacle: detector
                .and_then(|it| it.kept(refuse::has_two_stages(artifact.config())))
                .map(Into::into),
            ..Head::plain(classes, branches)
        },
        why: why(&found, &others, notes),
        labels: stated.and_then(Stated::labels),
        points: Vec::new(),
        untouched,
        older: false,
    })
}

/// How this head was found.
fn why(found: &Found<'_>, others: &Others<'_>, notes: Vec<String>) -> Why {
    Why {
        choice: Choice::Located,
        rule: found.rule.clone(),
        confidence: found.confidence,
        runners_up: candidate::listed(&others.left),
        notes,
    }
}

/// What becomes of the logits, in a detector or elsewhere.
fn link(detector: Option<&Detector>, is_independent: bool) -> Link {
    match detector.map(|it| it.scores) {
        Some(Scores::Shifted) => Link::OneVsRest,
        Some(Scores::Independent) => Link::Sigmoid,
        _ if is_independent => Link::Sigmoid,
        _ => Link::None,
    }
}

/// What is to know of scores to which the model adds something.
const SHIFTED: &str = "the model adds a number to the scores of all classes of a box, which no seal bounds: a sealed class stays below \
                       the best of the others there by that factor of its odds";

/// What is to know of an adapter's folder.
const ADAPTER: &str = "an adapter: `adapter_config.json` is copied as it is, and the base model that it names keeps its own head";

/// What a head decides for.
fn position(place: Option<Place>, pooled_after: bool) -> Position {
    match place {
        Some(place) => Position::PerPlace(place),
        None if pooled_after => Position::Pooled,
        None => Position::Whole,
    }
}

/// The other matrices with one row per class.
struct Others<'a> {
    /// Heads that lose the classes, too: for training only, replaced by an adapter, or named.
    auxiliary: Vec<Candidate<'a>>,
    /// What could be another head.
    left: Vec<Candidate<'a>>,
}

impl<'a> Others<'a> {
    fn of(artifact: &Artifact, found: &Found<'a>, alike: &[Candidate<'a>]) -> Result<Self, Error> {
        let mut known: BTreeSet<&str> = found.heads.iter().chain(&found.beside).map(|it| it.tensor).collect();
        // What PEFT keeps of the same module for another adapter.
        let of_adapter = |it: &Candidate<'a>| {
            names::is_of_adapter(it.tensor) && found.heads.iter().any(|head| head.module == it.module)
        };
        let for_training = |it: &&Candidate<'a>| {
            let is_beside = names::is_auxiliary(&it.module) || of_adapter(it);
            !known.contains(it.tensor) && is_beside && !it.derived
        };
        let trained: Vec<_> = alike.iter().filter(for_training).cloned().collect();
        if trained.len() > chain::MANY {
            let reason = format!("it has more than {} heads for training only", chain::MANY);
            return Err(refusal(reason, "leave out of the model what is for training only"));
        }
        let auxiliary = [found.beside.clone(), trained].concat();
        known.extend(auxiliary.iter().map(|it| it.tensor));
        // A declaration says which of two layers is last, where the second keeps the number of results.
        let mut ends = match (found.declared, found.settled) {
            (true, false) => chain::ends(artifact, alike),
            _ => chain::possible(artifact, alike),
        };
        if let Some(first) = found.heads.first().filter(|_| found.declared && found.settled) {
            ends = chain::beside_the_encoder(artifact, first, ends);
        }
        let left: Vec<_> = ends.into_iter().filter(|it| !known.contains(it.tensor)).collect();
        if left.is_empty() || found.settled {
            return Ok(Self { auxiliary, left });
        }
        let candidates = candidate::described(&[found.heads.clone(), left].concat());
        Err(LocateError::Ambiguous { candidates }.into())
    }
}

/// What else has the classes and stays as it is.
fn untouched(
    artifact: &Artifact,
    found: &Found<'_>,
    others: &Others<'_>,
    alike: &[Candidate<'_>],
    hints: &Hints,
) -> Result<Vec<Untouched>, Error> {
    let matrix = |it: &Candidate<'_>| Untouched::new(UntouchedKind::Matrix, it.tensor, &it.info.shape);
    let mut untouched: Vec<_> = others.left.iter().map(matrix).collect();
    // The copy by which a second stage begins.
    let detector =
        refuse::detector(artifact.config()).map(|it| known::places_of(it, alike)).unwrap_or_default();
    let treated = |it: &Candidate<'_>| {
        [&found.heads, &others.auxiliary, &others.left].into_iter().any(|list| has(list, Some(it)))
    };
    untouched.extend(detector.iter().filter(|it| !treated(it)).map(matrix));
    untouched.extend(per_class::code(artifact));
    let parts: Vec<_> = found.heads.iter().chain(&others.auxiliary).chain(&others.left).cloned().collect();
    let by_name = match known::of_library(artifact.config(), alike) {
        Ok(Some(library)) if has(&library.heads, found.heads.first()) => library.library,
        _ => Library::Unknown,
    };
    let reading = match (found.library, by_name, hints.head()) {
        (Library::Known, ..) | (_, Library::Known, _) => Reading::Known,
        (Library::Strict, ..) | (.., Some(_)) => Reading::Accepted,
        _ => Reading::Unknown,
    };
    untouched.extend(per_class::beside(artifact, &found.heads, &parts, reading)?);
    untouched.sort();
    Ok(untouched)
}

fn check_classes(heads: &[Candidate<'_>], classes: usize, stated: Option<&Stated>) -> Result<(), Error> {
    if let Some(other) = heads.iter().find(|it| it.rows() != classes) {
        return Err(refusal(format!("the parallel head `{}` has another class count", other.module), ""));
    }
    if let Some(stated) = stated.filter(|stated| stated.count != classes) {
        let Stated { count, source, .. } = stated;
        let reason = "labels and weights disagree";
        return Err(not_this_head(format!(
            "{reason}: {source} says {count} classes, the head has {classes}"
        )));
    }
    Ok(())
}

fn branch(artifact: &Artifact, head: &Candidate<'_>, classes: usize, gain: f64) -> Result<Branch, Error> {
    refuse::check_stored(artifact, head)?;
    if head.bias.is_some_and(|bias| bias.shape != [classes]) {
        return Err(misfit_bias(&head.bias_name));
    }
    Ok(Branch {
        embedding: format!("input of {}", head.module),
        width: head.columns(),
        weight: Operand::stored(head.tensor, head.info, 0),
        bias: head.bias.map(|info| Operand::stored(&head.bias_name, info, 0)),
        gain: vec![gain; classes],
        bias_gain: vec![gain; classes],
    })
}

fn notes(found: &Found<'_>, auxiliary: &[Branch], multi_label: bool, pooled_after: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if found.heads.len() > 1 {
        let names: Vec<&str> = found.heads.iter().map(|it| it.module.as_str()).collect();
        notes.push(format!(
            "{} parallel heads ({}); their logits are {}",
            names.len(),
            names.join(", "),
            if found.adds { "added" } else { "averaged" }
        ));
    }
    for head in auxiliary {
        notes.push(format!(
            "auxiliary head `{}` has the same classes and loses the forgotten ones too (nothing is trained there: a \
             kept slot is always sealed)",
            head.weight.tensor
        ));
    }
    if found.heads.first().is_some_and(|first| first.rows() == first.columns()) {
        notes.push("as many classes as features: the class axis cannot be checked by its extent".into());
    }
    if multi_label {
        notes.push("multi-label: an independent probability per class".into());
    }
    if pooled_after {
        notes.push(
            "a convolution as head: what follows it is not in the file (ReLU and pooling are assumed)".into(),
        );
    }
    notes
}

fn one_output() -> Error {
    refusal("it has one output: a regression, reward or yes/no head", "there is no class to remove")
}
