//! Heads of which the library that loads the model knows the name.

use declass_formats::Artifact;
use serde_json::Value;

use super::{
    Fewest,
    candidate::{Candidate, listed},
    chain,
    labels::Stated,
    library::{
        self,
        boxes::{self, Detector, Scores},
        places, timm, types,
    },
    not_this_head,
    refuse::{self, architectures},
    rules::{Found, Library, best_first, token_head},
};
use crate::{error::Error, head::Place};

/// What the library's own code of the configuration's architecture takes for its head, if it is known.
///
/// # Errors
/// [`LocateError::NotThisHead`](crate::error::LocateError::NotThisHead) if the file does not have it: the library
/// would then start with a random one.
pub(super) fn of_library<'a>(
    config: Option<&Value>,
    matrices: &[Candidate<'a>],
) -> Result<Option<Found<'a>>, Error> {
    // Code that comes with a model may do anything under any name.
    let Some(config) = config.filter(|config| config.get("auto_map").is_none()) else { return Ok(None) };
    let classes = architectures(config);
    let Some(class) = classes.first() else { return of_type(config, matrices) };
    if let Some(detector) = refuse::detector(Some(config)) {
        return of_detector(config, class, detector, matrices).map(Some);
    }
    let known: Vec<_> = classes.iter().map(|class| library::heads(class)).collect();
    let Some(wanted) = known.first().copied().flatten().filter(|_| known.windows(2).all(|it| it[0] == it[1]))
    else {
        return Ok(None);
    };
    let fewer = places::instead(class).filter(|(_, fewest)| labels(config) < *fewest);
    let wanted = fewer.map_or(wanted, |(heads, _)| heads);
    let Some(heads) = all_of(wanted, matrices) else {
        return Err(not_this_head(format!(
            "`{class}` of the transformers library loads `{}.weight` as its head, and there is none{}",
            wanted.join(".weight` and `"),
            left_out(config, matrices)
        )));
    };
    require_no_bias(class, wanted, &heads)?;
    let rule = format!("its name is that of the head of `{class}`");
    Ok(Some(Found { confidence: 0.98, library: Library::Known, ..settled(heads, rule) }))
}

/// The head of a detector whose results are its logits, and its copies, of which each layer of the decoder has one.
fn of_detector<'a>(
    config: &Value,
    class: &str,
    detector: &Detector,
    matrices: &[Candidate<'a>],
) -> Result<Found<'a>, Error> {
    let mut heads = places_of(detector, matrices);
    if refuse::has_two_stages(Some(config)) {
        without_first_stage(config, detector, &mut heads)?;
    }
    if heads.is_empty() {
        let module = detector.module();
        return Err(not_this_head(format!(
            "`{class}` of the transformers library loads `{module}` as its head, and there is none"
        )));
    }
    let beside = heads.split_off(1);
    let rule = format!("its name is that of the head of `{class}`");
    Ok(Found { confidence: 0.98, library: Library::Known, beside, ..settled(heads, rule) })
}

/// Takes the copy away by whose scores of the first class the second stage begins: that stays, and so does every box.
///
/// # Errors
/// If the copies are not one for each layer of the decoder and that one.
fn without_first_stage(
    config: &Value,
    detector: &Detector,
    heads: &mut Vec<Candidate<'_>>,
) -> Result<(), Error> {
    let layers = config.get("decoder_layers").map_or(Some(LAYERS), Value::as_u64);
    let number = |it: &Candidate<'_>| detector.place(it.tensor.strip_suffix(".weight")?).map(u64::from);
    let last = heads.first().and_then(number);
    if last.is_none() || last != layers {
        return Err(not_this_head(
            "it has two stages, and no copy of the head that is for the first one alone: where the second begins would \
             change with the scores of its first class",
        ));
    }
    heads.retain(|it| number(it) != last);
    Ok(())
}

/// Layers of a decoder where the configuration does not say how many.
const LAYERS: u64 = 6;

/// The library's last row of some detectors is that of no object, which is not among the labels.
pub(super) fn with_no_object(artifact: &Artifact, stated: Stated) -> Stated {
    match refuse::detector(artifact.config()).map(|detector| detector.scores) {
        Some(Scores::WithNoObject) => stated.with_more(boxes::NO_OBJECT),
        _ => stated,
    }
}

/// The head of a detector in all its places, the one whose results are its logits first.
pub(super) fn places_of<'a>(detector: &Detector, matrices: &[Candidate<'a>]) -> Vec<Candidate<'a>> {
    let place = |it: &Candidate<'a>| detector.place(it.tensor.strip_suffix(".weight")?);
    let mut heads: Vec<_> = matrices.iter().filter_map(|it| Some((place(it)?, it.clone()))).collect();
    heads.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    heads.into_iter().map(|(_, head)| head).collect()
}

/// How many labels the library takes a configuration to have: two, where it says nothing.
fn labels(config: &Value) -> usize {
    let names = config.get("id2label").and_then(Value::as_object).map(serde_json::Map::len);
    let count =
        config.get("num_labels").and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
    names.or(count).unwrap_or(2)
}

/// With fewer classes than this the library loads another head for the class that a configuration names.
pub(super) fn fewest(config: Option<&Value>, classes: usize) -> Option<Fewest> {
    let class = *architectures(config?).first()?;
    let (_, fewest) = places::instead(class).filter(|(_, fewest)| classes >= *fewest)?;
    let reason =
        format!("with fewer than {fewest} classes `{class}` of the transformers library loads another head");
    Some(Fewest { classes: fewest, reason })
}

/// Where no class is named, the library goes by the type.
///
/// # Errors
/// As [`of_library`], if there is a bias that the library would not load.
fn of_type<'a>(config: &Value, matrices: &[Candidate<'a>]) -> Result<Option<Found<'a>>, Error> {
    let Some(kind) = config.get("model_type").and_then(Value::as_str) else { return Ok(None) };
    let Some(wanted) = types::heads(kind) else { return Ok(None) };
    let Some(heads) = all_of(wanted, matrices) else { return Ok(None) };
    require_no_bias(kind, wanted, &heads)?;
    let rule = format!("its name is that of the head of models of type `{kind}`");
    Ok(Some(Found { confidence: 0.9, ..settled(heads, rule) }))
}

/// Fails if a head has a bias and the library's does not: the bias would be left out, and a seal is one.
fn require_no_bias(kind: &str, wanted: &[&str], heads: &[Candidate<'_>]) -> Result<(), Error> {
    match heads.iter().find(|head| head.bias.is_some()) {
        Some(head) if library::is_without_bias(kind, wanted) => Err(not_this_head(format!(
            "the head of `{kind}` of the transformers library has no bias, and `{}` is in the file: the library would \
             leave it out",
            head.bias_name
        ))),
        _ => Ok(()),
    }
}

/// What the library would leave out where its head is missing: what has a row per class, if that is one matrix.
fn left_out(config: &Value, matrices: &[Candidate<'_>]) -> String {
    let labels = config.get("id2label").and_then(Value::as_object).map(serde_json::Map::len);
    let mut of_classes = matrices.iter().filter(|it| Some(it.rows()) == labels);
    match (of_classes.next(), of_classes.next()) {
        (Some(only), None) => format!(
            ": it would begin with a random one and leave out `{}` {:?}, which has a row per class",
            only.tensor, only.info.shape
        ),
        _ => String::new(),
    }
}

/// The matrices of these modules, if there are all of them.
fn all_of<'a>(modules: &[&str], matrices: &[Candidate<'a>]) -> Option<Vec<Candidate<'a>>> {
    let find = |name: &&str| {
        let exact = matrices.iter().find(|it| it.tensor.strip_suffix(".weight") == Some(*name));
        exact.or_else(|| matrices.iter().find(|it| it.module == *name)).cloned()
    };
    modules.iter().map(find).collect()
}

fn settled(heads: Vec<Candidate<'_>>, rule: String) -> Found<'_> {
    let (beside, library) = (Vec::new(), Library::Unknown);
    Found {
        heads,
        rule,
        confidence: 1.0,
        beside,
        settled: true,
        declared: true,
        library,
        place: None,
        adds: false,
    }
}

/// What torchvision loads as the head of a segmentation model, by the names of its tensors.
pub(super) fn of_torchvision<'a>(artifact: &Artifact, matrices: &[Candidate<'a>]) -> Option<Found<'a>> {
    let heads = all_of(places::torchvision(artifact)?, matrices)?;
    let found = settled(heads, "its names are those of torchvision's segmentation models".into());
    let (place, library) = (Some(Place::Pixel), Library::Known);
    Some(Found { confidence: 0.95, place, library, adds: true, ..found })
}

/// What timm loads as the head: by its declaration (`pretrained_cfg.classifier`, a module path or a list of them
/// whose logits are averaged), or as the models of this name have it. A declaration that is not known of the
/// model is believed where names and extents say the same.
pub(super) fn of_timm<'a>(
    artifact: &Artifact,
    candidates: &[Candidate<'a>],
) -> Result<Option<Found<'a>>, Error> {
    let config = artifact.config();
    let Some(architecture) = config.and_then(|config| config.get("architecture")) else { return Ok(None) };
    let own = architecture.as_str().and_then(timm::heads);
    let declaration = config.and_then(|config| {
        let nested = config.get("pretrained_cfg").and_then(|part| part.get("classifier"));
        nested.or_else(|| config.get("classifier"))
    });
    let declared: Option<Vec<&str>> = match declaration {
        Some(Value::String(module)) => Some(vec![module]),
        Some(Value::Array(list)) => Some(list.iter().take(chain::MANY).filter_map(Value::as_str).collect()),
        _ => None,
    };
    if declared.as_deref().or(own).is_some_and(|modules| modules.contains(&"aux_head")) {
        return Err(token_head());
    }
    let agreed = own.filter(|own| declared.as_deref().is_none_or(|declared| declared == *own));
    match (agreed.and_then(|own| all_of(own, candidates)), &declared) {
        (Some(heads), Some(_)) => {
            let found = settled(heads, "`pretrained_cfg.classifier` names it".into());
            Ok(Some(Found { library: Library::Strict, ..found }))
        }
        (Some(heads), None) => {
            let rule = format!(
                "its name is that of the head of timm's `{}`",
                architecture.as_str().unwrap_or("model")
            );
            Ok(Some(Found { confidence: 0.95, library: Library::Strict, ..settled(heads, rule) }))
        }
        (None, Some(modules)) => declared_only(artifact, candidates, modules),
        (None, None) => Ok(None),
    }
}

/// What a declaration alone says.
fn declared_only<'a>(
    artifact: &Artifact,
    candidates: &[Candidate<'a>],
    modules: &[&str],
) -> Result<Option<Found<'a>>, Error> {
    let exact = |name: &&str| candidates.iter().find(|it| it.module == *name).cloned();
    let inside = |name: &&str| {
        let inner =
            |it: &&Candidate<'a>| it.module.strip_prefix(*name).is_some_and(|rest| rest.starts_with('.'));
        candidates.iter().rfind(|it| inner(it)).cloned()
    };
    let mut heads: Vec<_> = modules.iter().filter_map(exact).collect();
    let (mut rule, mut confidence) = ("`pretrained_cfg.classifier` names it", 1.0);
    if heads.len() != modules.len() {
        heads = modules.iter().filter_map(inside).collect();
        (rule, confidence) = ("inside what `pretrained_cfg.classifier` names", 0.9);
    }
    if heads.is_empty() || heads.len() != modules.len() {
        return Ok(None);
    }
    let ends = chain::ends(artifact, candidates);
    if let Some(lie) = heads.iter().find(|head| !ends.iter().any(|end| end.tensor == head.tensor)) {
        return Err(not_this_head(format!(
            "`pretrained_cfg.classifier` names `{}`, and what else is in the file says that it is none: it could be {}",
            lie.module,
            listed(&best_first(&ends)).join(", ")
        )));
    }
    Ok(Some(Found { confidence, settled: false, library: Library::Strict, ..settled(heads, rule.into()) }))
}
