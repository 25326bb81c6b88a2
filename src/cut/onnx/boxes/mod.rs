//! Detectors: one head in several places, a linear operator for each scale of a map. Their results are put end to end,
//! so that there is a row of independent probabilities for every box, and stand beside other numbers of the box in
//! what the model gives out.
//!
//! A sealed class has one probability near zero at every scale, whatever the input. Every entry of an output either is
//! the probability of a class, and follows from that class alone, or has nothing of the heads' results: that is what
//! is followed, and it is all that is needed for the other entries to stay as they are, bit by bit.

mod block;
mod extents;
mod follow;
mod layout;
mod scales;

use std::collections::BTreeSet;

use declass_formats::Artifact;

use super::{
    super::{Auxiliary, Branch, Choice, Cut, Head, Site, Why, multi_label, refusal},
    Question, bodies,
    follower::Follower,
    metadata, others, report,
};
use crate::{
    error::{Error, LocateError},
    head::{Link, Place, Position, Ties},
    net::Flow,
};
use block::{Block, Taken};
use follow::Followed;
use layout::Layout;
use scales::{ClassRows, Scale, Scales};

/// What helps where a part of the graph chooses among the boxes.
const WITHOUT_CHOICE: &str = "export the model without the choice of boxes in it (no NMS, not end to end), so that whoever reads its boxes chooses";

/// A head in several places that is understood up to the outputs.
struct Detector<'f, 'a> {
    follower: Follower<'f, 'a>,
    nodes: Vec<usize>,
    layout: Layout,
    scales: Vec<Scale>,
    /// Outputs that have the classes: their index, and where they are.
    columns: Vec<(usize, Block)>,
    /// What else counts the classes.
    sites: Vec<Site>,
    /// Why the classes cannot be dropped.
    obstacle: Option<String>,
}

/// The head of a detector; `None` if there is nothing like it.
///
/// # Errors
/// What stands in the way, if it is known to be the head: by its name, or by how many classes are stated.
pub(super) fn locate(question: Question<'_, '_>) -> Result<Option<Cut>, Error> {
    let Question { artifact, flow, exits, hints, count, .. } = question;
    let is_meant = |it: &Scales| {
        let named = |name: &str| it.is_named(artifact, flow, exits, name);
        hints.heads.len() < 2
            && hints.head().is_none_or(named)
            && count.is_none_or(|count| count == it.layout.classes)
    };
    let mut all: Vec<Scales> = scales::all(artifact, flow, exits).into_iter().filter(is_meant).collect();
    let more =
        count.and_then(|count| scales::with_more(artifact, flow, exits, count)).filter(|_| all.is_empty());
    if let (Some((nodes, width)), Some(count)) = (&more, count) {
        let layouts = Layout::mixed(*width, count);
        all.extend(layouts.map(|layout| Scales { nodes: nodes.clone(), layout }).filter(is_meant));
    }
    let mut understood = Vec::new();
    let mut reason = None;
    for scales in &all {
        match Detector::new(artifact, flow, scales) {
            Ok(Some(detector)) => understood.push(detector),
            Ok(None) => {}
            // Which layout it is, only the graph says: that it is not this one is nothing to be said.
            Err(_) if more.is_some() => {}
            Err(error) => {
                reason.get_or_insert(error);
            }
        }
    }
    let is_known = count.is_some() || hints.head().is_some();
    match (understood.pop(), reason.filter(|_| is_known)) {
        (Some(detector), _) if understood.is_empty() => detector.cut(question).map(Some),
        (Some(last), _) => {
            let candidates = understood.iter().chain([&last]).map(Detector::title).collect();
            Err(LocateError::Ambiguous { candidates }.into())
        }
        (None, Some(reason)) => Err(reason),
        (None, None) => more.map_or(Ok(None), |(nodes, width)| {
            let titles: Vec<String> = nodes.iter().map(|node| format!("`{}`", flow.title(*node))).collect();
            Err(refusal(
                format!(
                    "one operator for each scale ({}) makes the classes of a box and other numbers, {width} in all, and the \
                     graph does not take them apart as YOLO or NanoDet would: which of its rows are the classes is not known",
                    titles.join(", ")
                ),
                "supply a detector whose classes have an operator of their own at each scale",
            ))
        }),
    }
}

impl<'f, 'a> Detector<'f, 'a> {
    /// Follows a head to the outputs; `None` if no probabilities come of it.
    ///
    /// # Errors
    /// The first output that could tell a class in another way than by its own probability.
    fn new(artifact: &'f Artifact, flow: &'f Flow<'a>, scales: &Scales) -> Result<Option<Self>, Error> {
        let mut follower = Follower::new(artifact, flow);
        let (read, followed) = scales.follow(&mut follower)?;
        let columns = columns(flow, &followed)?;
        let told: BTreeSet<usize> = columns
            .iter()
            .filter(|(_, block)| block.squashed)
            .flat_map(|(_, block)| block.heads.iter().copied())
            .collect();
        let layout = scales.layout;
        let is_taken = |taken: Taken| taken.front == layout.taken_with() && taken.behind == 0;
        let known = layout.is_plain() || columns.iter().all(|(_, block)| block.taken.is_some_and(is_taken));
        let whole = known && scales.nodes.iter().all(|node| told.contains(node));
        let nodes = scales.nodes.clone();
        let mixed = (!layout.is_plain()).then(|| "its operators make other numbers of a box, too".to_owned());
        let obstacle = followed
            .fixed
            .first()
            .map(|node| format!("what {} makes of the classes is not told by constants", flow.title(*node)));
        let obstacle = mixed.or(obstacle);
        let sites = followed.sites;
        Ok(whole.then_some(Self { follower, nodes, layout, scales: read, columns, sites, obstacle }))
    }

    fn title(&self) -> String {
        let flow = self.follower.flow;
        let titles: Vec<String> = self.nodes.iter().map(|node| flow.title(*node)).collect();
        format!("{} (width {})", titles.join(" + "), self.follower.classes)
    }

    fn cut(self, question: Question<'_, '_>) -> Result<Cut, Error> {
        let Question { artifact, flow, exits, hints, stated, count } = question;
        let link = multi_label::link(Link::Sigmoid, artifact, hints, false)?;
        let notes: Vec<String> = stated.iter().flat_map(|stated| stated.notes.clone()).collect();
        let labels = metadata::labels(flow, &self.follower, stated, hints.older)?;
        let mut why = self.why(labels.is_some() && count.is_some(), hints.head().is_some());
        why.notes.extend(notes);
        let others = others::of(artifact, flow, exits, &self.nodes, self.follower.classes);
        if hints.head().is_none() && !others.rivals.is_empty() {
            let candidates = [vec![self.title()], others.rivals].concat();
            return Err(LocateError::Ambiguous { candidates }.into());
        }
        let first = self.columns.first().and_then(|(output, _)| flow.id(&flow.graph().outputs[*output].name));
        let points = first.map(|value| report::points(flow, value)).unwrap_or_default();
        let head = self.head(link);
        why.notes.extend(report::other_outputs(&others.untouched));
        Ok(Cut { head, bound: None, why, labels, points, untouched: others.untouched, older: false })
    }

    fn why(&self, labelled: bool, wanted: bool) -> Why {
        let flow = self.follower.flow;
        let titles: Vec<String> = self.nodes.iter().map(|node| format!("`{}`", flow.title(*node))).collect();
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(output, block)| {
                let name = &flow.graph().outputs[*output].name;
                let axis = block.rank - 1 - block.axis;
                match block.start {
                    Some(start) => {
                        let last = start + self.follower.classes - 1;
                        format!("entries {start} to {last} of axis {axis} of output `{name}`")
                    }
                    None => format!("some entries of axis {axis} of output `{name}`"),
                }
            })
            .collect();
        let places = match self.layout.anchors {
            1 => format!("one head in {} places, one for each scale", titles.len()),
            anchors => format!(
                "one head in {} places, one for each scale and each of {anchors} anchors",
                titles.len() * anchors
            ),
        };
        let found = format!(
            "{places} ({}), whose results are the classes of all boxes: {}",
            titles.join(", "),
            columns.join(", ")
        );
        Why {
            rule: if wanted { format!("named by the caller: {found}") } else { found },
            choice: Choice::Located,
            confidence: if labelled || wanted { 0.98 } else { 0.9 },
            runners_up: Vec::new(),
            notes: self.layout.said(),
        }
    }

    fn head(self, link: Link) -> Head {
        let flow = self.follower.flow;
        let classes = self.follower.classes;
        let mut places = self.scales.into_iter().zip(&self.nodes).flat_map(|(scale, node)| {
            let Scale { part, rows, .. } = scale;
            rows.into_iter().enumerate().map(move |(anchor, ClassRows { weight, bias })| {
                let branch = Branch {
                    embedding: part.embedding.clone(),
                    width: weight.width(),
                    weight,
                    bias,
                    gain: vec![1.0; classes],
                    bias_gain: vec![1.0; classes],
                };
                let name = self.layout.name(&flow.title(*node), anchor);
                Auxiliary { name, branch, link, open: None }
            })
        });
        let first = places.next();
        let auxiliary = places.collect();
        let declared = self
            .columns
            .iter()
            .map(|(output, block)| Site::OutputDim { output: *output, axis: block.rank - 1 - block.axis });
        let declared: Vec<Site> = declared.collect();
        let in_function = bodies::obstacle(flow, &self.sites);
        let columns = self.columns.into_iter().map(|(output, block)| Site::Columns {
            output,
            axis: block.axis,
            start: block.start,
        });
        Head {
            name: first.as_ref().map(|first| first.name.clone()).unwrap_or_default(),
            classes,
            branches: first.into_iter().map(|first| first.branch).collect(),
            link,
            position: Position::PerPlace(Place::Box),
            ties: Ties::Never,
            auxiliary,
            shift: vec![0.0; classes],
            sites: self.follower.sites.into_iter().chain(self.sites).chain(declared).chain(columns).collect(),
            floated: None,
            reads_rounded: false,
            obstacle: self.obstacle.or(in_function),
            fewest: None,
            merging: Vec::new(),
            open: None,
        }
    }
}

/// The outputs that have the classes, by their index.
///
/// # Errors
/// The first that could tell them in another way.
fn columns(flow: &Flow<'_>, followed: &Followed) -> Result<Vec<(usize, Block)>, Error> {
    let mut columns = Vec::new();
    for (output, value) in flow.graph().outputs.iter().enumerate() {
        let Some(id) = flow.id(&value.name) else { continue };
        if let Some(obstacle) = followed.lost.get(&id) {
            let reason = format!(
                "output `{}` has boxes, and could still tell a removed class by something else than its own probability: \
                 {obstacle}",
                value.name
            );
            return Err(refusal(reason, WITHOUT_CHOICE));
        }
        let Some(block) = followed.blocks.get(&id) else { continue };
        if block.anchored.is_some() {
            let reason = format!("output `{}` has the results of all anchors on one axis", value.name);
            return Err(refusal(reason, "export the model with the decoding of the boxes in it"));
        }
        columns.push((output, block.clone()));
    }
    Ok(columns)
}
