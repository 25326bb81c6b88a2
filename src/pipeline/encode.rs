//! The user's own examples as embeddings with labels, if there are any: prepared as the model's folder says, and run up to its head.

use std::path::{Path, PathBuf};

use candle_core::Device;
use declass_formats::{Artifact, Sha256Digest};

use super::{
    embed::Embedding,
    encoder::{Encoder, PLACES},
    kept::Kept,
    wired::Wired,
};
use crate::{
    classes::Labels,
    cut::Cut,
    error::Error,
    evaluate::{Labelled, Truth},
    head::Place,
    inputs::{Asked, Columns, Examples, Preparation, Unusable},
    net::Flow,
    progress::Progress,
    run::Network,
};

/// Examples that are made embeddings of.
#[derive(Clone, Debug)]
pub struct Encoding<'a> {
    /// Where they lie, as [`Examples::open`] takes it.
    pub data: &'a Path,
    /// The ONNX file that says how a model without a graph is computed, if one is named.
    pub graph: Option<&'a Path>,
    /// Columns of a table that go by other names than the usual ones.
    pub columns: Columns,
    /// How many are taken at most, of each class its share.
    pub limit: Option<usize>,
    /// Which ones are taken, where not all are.
    pub seed: u64,
    /// Whether an example that cannot be used is an error.
    pub strict: bool,
    /// The folder in which embeddings are kept for later runs, if they are.
    pub keep: Option<&'a Path>,
}

/// Embeddings of examples, and what became of the others.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The embeddings. Their digest is that of the examples (names, classes, contents) and of what was made of them.
    pub labelled: Labelled,
    /// What of an example has an embedding, if not the whole of it.
    pub place: Option<Place>,
    /// What was assumed, in sentences.
    pub assumed: Vec<String>,
    /// Examples that could not be used, with the reason.
    pub unusable: Vec<Unusable>,
    /// Labels that are no class of the model, with the number of examples that have them.
    pub unknown: Vec<(String, u64)>,
    /// Examples without a label, which are left out.
    pub unlabelled: u64,
    /// How many embeddings an earlier run had left, and where, if they are kept.
    pub kept: Option<(PathBuf, u64)>,
    /// What was wrong with what earlier runs had left, in sentences.
    pub ignored: Vec<String>,
}

/// Examples that are read, and the network that they are run through.
pub(super) struct Ready<'r> {
    pub(super) examples: Examples,
    /// What makes inputs of them; none if they are inputs already.
    pub(super) preparation: Option<Preparation>,
    pub(super) encoder: &'r Encoder<'r>,
}

impl Encoding<'_> {
    /// Prepares every example and runs the model on it as far as the input of its head, on as many threads as there
    /// are cores; no more than a few examples are in memory at a time. Embeddings that an earlier run has kept are
    /// taken from there, once the first of them has been computed again and has the same bits.
    ///
    /// # Errors
    /// [`Error::Inputs`] if the examples or the model's preparation cannot be used, [`Error::Graph`] if the named
    /// graph is not the model's, [`Error::Run`] if the model cannot be run, [`Error::Io`] if the disk refuses.
    pub fn run(
        &self,
        model: &Artifact,
        cut: &Cut,
        labels: Option<&Labels>,
        progress: &dyn Progress,
    ) -> Result<Encoded, Error> {
        let mut encoded = self.run_as((cut.head.classes, labels), model, cut, progress)?;
        if encoded.labelled.truth == Truth::Answers {
            encoded.labelled = encoded.labelled.answered_by(&cut.head.load(model)?)?;
        }
        Ok(encoded)
    }

    /// The same by a model whose classes may be others than those that the examples are of: these are given by their
    /// number and names. Examples without labels have no classes then, since whose answers count is not known here.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_as(
        &self,
        classes: (usize, Option<&Labels>),
        model: &Artifact,
        cut: &Cut,
        progress: &dyn Progress,
    ) -> Result<Encoded, Error> {
        let mut encoded = self.ready(classes, model, cut, |ready| self.encode(ready, progress))?;
        encoded.labelled.width = cut.head.width();
        if encoded.labelled.names.is_empty() {
            let reason = "none of the examples has a label of the model and can be used".to_owned();
            return Err(Error::Inputs { path: self.data.to_owned(), reason, hint: None });
        }
        Ok(encoded)
    }

    /// Small pictures of some of the examples, by their names, as [`Examples::thumbnails`] makes them; the classes are those
    /// of [`run_as`](Self::run_as). Where the examples are no pictures there are none.
    ///
    /// # Errors
    /// [`Error::Inputs`] if the examples or the model's preparation cannot be used, [`Error::Io`] if the disk refuses.
    pub fn thumbnails(
        &self,
        classes: (usize, Option<&Labels>),
        model: &Artifact,
        cut: &Cut,
        names: &[&str],
        extent: usize,
    ) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let wired = Wired::of(model, cut, self.graph);
        let (_, examples) = self.open(classes, model, wired.as_ref().ok())?;
        Ok(examples.thumbnails(names, extent))
    }

    /// Reads the examples, and the network as far as the input of its head.
    pub(super) fn ready<T>(
        &self,
        classes: (usize, Option<&Labels>),
        model: &Artifact,
        cut: &Cut,
        with: impl FnOnce(Ready<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let wired = Wired::of(model, cut, self.graph);
        let (preparation, mut examples) = self.open(classes, model, wired.as_ref().ok())?;
        if let Some(most) = self.limit {
            examples.limit(most, self.seed);
        }
        let wired = wired?;
        let source = wired.source(model)?;
        let flow = Flow::new(source.graph())?;
        let network = Network::of(source, &flow, Device::Cpu);
        let encoder = Encoder {
            network: &network,
            embeddings: wired.embeddings(source, &flow, cut)?,
            place: cut.head.position.place(),
        };
        with(Ready { examples, preparation, encoder: &encoder })
    }

    /// The examples, and what the model's folder makes of them; nothing if they are inputs already.
    fn open(
        &self,
        (classes, labels): (usize, Option<&Labels>),
        model: &Artifact,
        wired: Option<&Wired>,
    ) -> Result<(Option<Preparation>, Examples), Error> {
        let preparation = Preparation::open(model.folder(), None).or_else(|why| {
            // A folder that prepares several kinds of examples has one graph, which takes one of them.
            let modality = wired.and_then(|wired| wired.modality(model)).ok_or(why)?;
            Preparation::open(model.folder(), Some(modality))
        });
        let asked = Asked {
            modality: preparation.as_ref().ok().map(Preparation::modality),
            classes,
            labels,
            columns: self.columns.clone(),
            strict: self.strict,
        };
        match (Examples::open(self.data, &asked), preparation) {
            (Ok(examples), preparation) if examples.are_ready() => Ok((preparation.ok(), examples)),
            (Ok(examples), preparation) => Ok((Some(preparation?), examples)),
            // Where the folder says nothing of its inputs, that is the reason.
            (Err(Error::Inputs { .. }), Err(why)) => Err(why),
            (Err(error), _) => Err(error),
        }
    }

    /// What earlier runs have left of these examples, if embeddings are kept.
    fn kept(&self, ready: &Ready<'_>, made: &str) -> Result<Option<Kept>, Error> {
        if ready.encoder.place.is_some() {
            return Ok(None);
        }
        let Some((folder, wanted)) = self.keep.zip(ready.examples.digests()) else { return Ok(None) };
        let width = ready.encoder.embeddings.iter().map(|(_, width)| width).sum();
        Ok(ready.encoder.digest()?.map(|network| {
            let version = env!("CARGO_PKG_VERSION");
            let all = format!("embeddings 1 of declass {version}\n{network}\n{width}\n{made}\n");
            Kept::open(folder, Sha256Digest::of(all.as_bytes()), width, wanted)
        }))
    }

    fn encode(&self, mut ready: Ready<'_>, progress: &dyn Progress) -> Result<Encoded, Error> {
        let content = ready.examples.digest(progress);
        let Ready { examples, preparation, encoder, .. } = &ready;
        let made = preparation.as_ref().map_or_else(String::new, Preparation::describe);
        let mut kept = self.kept(&ready, &made)?;
        let embedding = Embedding { examples, preparation: preparation.as_ref(), encoder, progress };
        let list = examples.list();
        // Where nothing has a label the original's answers take their place; where something has, the rest says
        // nothing. Labels are of whole examples.
        let are_labelled = encoder.place.is_none() && list.iter().any(|example| example.label.is_some());
        let used = (0..list.len()).filter(|place| list[*place].label.is_some() || !are_labelled);
        let used: Vec<usize> = used.collect();
        let (mut rows, mut unusable, known) = embedding.rows(&used, kept.as_mut())?;
        let mut labelled = Labelled {
            path: self.data.to_owned(),
            sha256: Sha256Digest::of(format!("{content}\n{made}\n").as_bytes()),
            width: 0,
            embeddings: Vec::new(),
            labels: Vec::new(),
            truth: if are_labelled { Truth::Labels } else { Truth::Answers },
            names: Vec::new(),
        };
        for place in &used {
            if let Some(row) = rows.remove(place) {
                let id = &list[*place].id;
                labelled.embeddings.extend(row.numbers);
                labelled.labels.extend(list[*place].label.filter(|_| are_labelled));
                match encoder.place {
                    Some(_) => labelled.names.extend(row.places.iter().map(|place| format!("{id}#{place}"))),
                    None => labelled.names.push(id.clone()),
                }
            }
        }
        unusable.extend(examples.unusable().iter().cloned());
        let assumed = preparation.iter().flat_map(|preparation| preparation.assumptions().iter().cloned());
        Ok(Encoded {
            labelled,
            assumed: assumed
                .chain(examples.notes().iter().cloned())
                .chain(encoder.place.map(taken))
                .collect(),
            place: encoder.place,
            unusable,
            unknown: examples.unknown_labels().to_vec(),
            unlabelled: (list.len() - used.len()) as u64,
            kept: kept.as_ref().map(|kept| (kept.folder().to_owned(), known)),
            ignored: kept.map(Kept::into_notes).unwrap_or_default(),
        })
    }
}

/// What is measured of a model that decides for places.
fn taken(place: Place) -> String {
    let which = match place {
        Place::Token => "token, and each counts by itself, those that the tokenizer adds among them",
        Place::Pixel => "pixel, and each of the map that its head makes counts by itself",
        Place::Box | Place::Frame | Place::Mask | Place::Position => "position, and each counts by itself",
    };
    format!(
        "The model decides for every {which}: at most {PLACES} of an example, evenly spaced. Labels are of whole examples and are not used."
    )
}
