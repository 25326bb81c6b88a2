//! The head of a model of which only names, shapes and a configuration are known.

use declass_formats::Artifact;

use super::{
    Branch, Choice, Cut, Head, Operand, Why,
    labels::{self, Stated},
    names, not_this_head, refusal, refuse,
    rules::{self, Candidate, Found, bias_name, misfit_bias, token_head},
    stated,
};
use crate::error::Error;
use crate::head::{Hints, Link, Position, Ties};

/// Locates by the ordered rules: timm's own declaration, the table of names, uniqueness by shape.
pub(super) fn locate(artifact: &Artifact, hints: &Hints) -> Result<Cut, Error> {
    refuse::check(artifact)?;
    let stated = artifact.config().map(labels::stated).transpose()?.flatten();
    let count = stated.as_ref().map(|stated| stated.count);
    if count == Some(1) {
        return Err(one_output());
    }
    let matrices = rules::matrices(artifact);
    if let Some(name) = hints.head() {
        let found = rules::named(&matrices, name)?;
        return assemble(artifact, found, &matrices, stated);
    }
    let candidates: Vec<Candidate<'_>> =
        matrices.iter().copied().filter(|it| count.is_none_or(|count| it.info.shape[0] == count)).collect();
    if candidates.is_empty() {
        return Err(rules::no_candidate(&matrices, stated.as_ref()));
    }
    let found = rules::declared(artifact.config(), &candidates)?
        .map_or_else(|| rules::by_name(artifact, &candidates, count), Ok)?;
    assemble(artifact, found, &candidates, stated)
}

fn assemble(
    artifact: &Artifact,
    found: Found<'_>,
    candidates: &[Candidate<'_>],
    stated: Option<Stated>,
) -> Result<Cut, Error> {
    let Some(first) = found.heads.first().copied() else {
        return Err(not_this_head("no head was found"));
    };
    let classes = first.info.shape[0];
    check_classes(&found.heads, classes, stated.as_ref())?;
    if candidates.iter().any(|it| it.module == "aux_head" && it.info.shape[0] == classes) {
        return Err(token_head());
    }
    let gain = 1.0 / found.heads.len() as f64;
    let branches: Vec<Branch> =
        found.heads.iter().map(|it| branch(artifact, *it, classes, gain)).collect::<Result<_, _>>()?;
    let (auxiliary, others) = same_classes(&found.heads, candidates);
    let auxiliary: Vec<Branch> =
        auxiliary.into_iter().map(|it| branch(artifact, it, classes, 1.0)).collect::<Result<_, _>>()?;
    let multi_label = artifact.config().and_then(|config| config.get("problem_type")?.as_str())
        == Some("multi_label_classification");
    let pooled_after = first.info.shape.len() > 2 && found.confidence < 1.0;
    let notes = notes(&found, &auxiliary, first, multi_label, pooled_after);
    Ok(Cut {
        bound: stated::bound(artifact, &branches),
        head: Head {
            name: first.module.to_owned(),
            classes,
            branches,
            link: if multi_label { Link::Sigmoid } else { Link::None },
            position: if pooled_after { Position::Pooled } else { Position::Whole },
            ties: if pooled_after { Ties::Possible } else { Ties::Never },
            auxiliary,
            shift: vec![0.0; classes],
            sites: Vec::new(),
            floated: None,
            obstacle: None,
        },
        why: Why {
            choice: Choice::Located,
            rule: found.rule.to_owned(),
            confidence: found.confidence,
            runners_up: rules::listed(&others),
            notes,
        },
        labels: stated.and_then(Stated::labels),
        points: Vec::new(),
        untouched: Vec::new(),
    })
}

/// The other matrices with a row per class: auxiliary heads, and what could have been the head.
fn same_classes<'a>(
    heads: &[Candidate<'a>],
    candidates: &[Candidate<'a>],
) -> (Vec<Candidate<'a>>, Vec<Candidate<'a>>) {
    let is_head = |it: &Candidate<'_>| heads.iter().any(|head| head.tensor == it.tensor);
    let classes = heads.first().map(|head| head.info.shape[0]);
    candidates
        .iter()
        .copied()
        .filter(|it| Some(it.info.shape[0]) == classes && !is_head(it))
        .partition(|it| names::is_auxiliary(it.module))
}

fn check_classes(heads: &[Candidate<'_>], classes: usize, stated: Option<&Stated>) -> Result<(), Error> {
    if let Some(other) = heads.iter().find(|it| it.info.shape[0] != classes) {
        return Err(refusal(format!("the parallel head `{}` has another class count", other.module), ""));
    }
    if let Some(stated) = stated.filter(|stated| stated.count != classes) {
        let Stated { count, source, .. } = stated;
        let reason = "labels and weights disagree";
        return Err(not_this_head(format!(
            "{reason}: {source} says {count} classes, the head has {classes}"
        )));
    }
    if classes <= 1 { Err(one_output()) } else { Ok(()) }
}

fn branch(artifact: &Artifact, head: Candidate<'_>, classes: usize, gain: f64) -> Result<Branch, Error> {
    let bias_name = bias_name(head.tensor);
    let bias = artifact.tensors().get(&bias_name);
    if !head.info.dtype.is_float() || bias.is_some_and(|bias| !bias.dtype.is_float()) {
        return Err(refusal(
            format!("the head `{}` is stored as {}", head.module, head.info.dtype.name()),
            "dequantise the model first",
        ));
    }
    if bias.is_some_and(|bias| bias.shape != [classes]) {
        return Err(misfit_bias(&bias_name));
    }
    Ok(Branch {
        embedding: format!("input of {}", head.module),
        width: head.info.shape[1],
        weight: Operand::stored(head.tensor, head.info, 0),
        bias: bias.map(|info| Operand::stored(&bias_name, info, 0)),
        gain: vec![gain; classes],
        bias_gain: vec![gain; classes],
    })
}

fn notes(
    found: &Found<'_>,
    auxiliary: &[Branch],
    first: Candidate<'_>,
    multi_label: bool,
    pooled_after: bool,
) -> Vec<String> {
    let mut notes = Vec::new();
    if found.heads.len() > 1 {
        let names: Vec<&str> = found.heads.iter().map(|it| it.module).collect();
        notes.push(format!(
            "{} parallel heads ({}); their logits are averaged",
            names.len(),
            names.join(", ")
        ));
    }
    for head in auxiliary {
        notes.push(format!(
            "auxiliary head `{}` has the same classes and loses the forgotten ones too (nothing is trained there: a \
             kept slot is always sealed)",
            head.weight.tensor
        ));
    }
    if first.info.shape[0] == first.info.shape[1] {
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
