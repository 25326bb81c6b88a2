//! The user's own examples as embeddings with labels, if there are any: prepared as the model's folder says, and run up to its head.

use std::{collections::HashMap, path::Path};

use candle_core::Device;
use declass_formats::{Artifact, Sha256Digest, onnx::Value as Declared};
use rayon::prelude::*;

use super::wired::{Wired, failed};
use crate::{
    classes::Labels,
    cut::Cut,
    error::Error,
    evaluate::{Labelled, Truth},
    inputs::{Asked, Columns, Examples, Input, Inputs, Preparation, Unusable, Values},
    net::{Flow, ValueId, element_type},
    progress::{Progress, Step},
    run::{Array, Floats, Limits, Network, Run, Value},
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
}

/// Embeddings of examples, and what became of the others.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The embeddings. Their digest is that of the examples (names, classes, contents) and of what was made of them.
    pub labelled: Labelled,
    /// What was assumed, in sentences.
    pub assumed: Vec<String>,
    /// Examples that could not be used, with the reason.
    pub unusable: Vec<Unusable>,
    /// Labels that are no class of the model, with the number of examples that have them.
    pub unknown: Vec<(String, u64)>,
    /// Examples without a label, which are left out.
    pub unlabelled: u64,
}

/// Examples that are prepared at once.
const AT_ONCE: usize = 64;

impl Encoding<'_> {
    /// Prepares every example and runs the model on it as far as the input of its head, on as many threads as there
    /// are cores; no more than a few examples are in memory at a time.
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
        let (preparation, mut examples) = self.open(classes, model)?;
        if let Some(most) = self.limit {
            examples.limit(most, self.seed);
        }
        let content = examples.digest(progress);
        let wired = Wired::of(model, cut, self.graph)?;
        let source = wired.source(model)?;
        let flow = Flow::new(source.graph())?;
        let network = Network::of(source, &flow, Device::Cpu);
        let encoder = Encoder { network: &network, embeddings: wired.embeddings(source, &flow, cut)? };
        let mut encoded = self.encode(&examples, preparation.as_ref(), &encoder, progress)?;
        let made = preparation.as_ref().map_or_else(String::new, Preparation::describe);
        encoded.labelled.sha256 = Sha256Digest::of(format!("{content}\n{made}\n").as_bytes());
        encoded.labelled.width = cut.head.width();
        let assumed = preparation.iter().flat_map(|preparation| preparation.assumptions().iter().cloned());
        encoded.assumed = assumed.chain(examples.notes().iter().cloned()).collect();
        encoded.unusable.extend(examples.unusable().iter().cloned());
        encoded.unknown = examples.unknown_labels().to_vec();
        if encoded.labelled.names.is_empty() {
            let reason = "none of the examples has a label of the model and can be used".to_owned();
            return Err(Error::Inputs { path: self.data.to_owned(), reason, hint: None });
        }
        Ok(encoded)
    }

    /// The examples, and what the model's folder makes of them; nothing if they are inputs already.
    fn open(
        &self,
        (classes, labels): (usize, Option<&Labels>),
        model: &Artifact,
    ) -> Result<(Option<Preparation>, Examples), Error> {
        let preparation = Preparation::open(model.folder(), None);
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

    fn encode(
        &self,
        examples: &Examples,
        preparation: Option<&Preparation>,
        encoder: &Encoder<'_>,
        progress: &dyn Progress,
    ) -> Result<Encoded, Error> {
        let list = examples.list();
        // Where nothing has a label the original's answers take their place; where something has, the rest says
        // nothing.
        let are_labelled = list.iter().any(|example| example.label.is_some());
        let mut encoded = Encoded {
            labelled: Labelled {
                path: self.data.to_owned(),
                sha256: Sha256Digest::of(&[]),
                width: 0,
                embeddings: Vec::new(),
                labels: Vec::new(),
                truth: if are_labelled { Truth::Labels } else { Truth::Answers },
                names: Vec::new(),
            },
            assumed: Vec::new(),
            unusable: Vec::new(),
            unknown: Vec::new(),
            unlabelled: 0,
        };
        progress.begin(Step::Encoding, list.len() as u64);
        for chunk in examples.chunks(preparation, AT_ONCE) {
            let chunk = chunk?;
            encoded.unusable.extend(chunk.unusable.into_iter().map(|(_, unusable)| unusable));
            let is_used = |place: usize| list[place].label.is_some() || !are_labelled;
            let (used, rest): (Vec<_>, Vec<_>) =
                chunk.inputs.into_iter().partition(|(place, _)| is_used(*place));
            encoded.unlabelled += rest.len() as u64;
            progress.advance(Step::Encoding, rest.len() as u64);
            let rows = used.par_iter().with_max_len(1).map(|(place, inputs)| {
                let row = encoder.row(inputs).map_err(|error| about(error, &list[*place].id));
                progress.advance(Step::Encoding, 1);
                row
            });
            for (row, (place, _)) in rows.collect::<Result<Vec<_>, _>>()?.into_iter().zip(&used) {
                encoded.labelled.embeddings.extend(row);
                encoded.labelled.labels.extend(list[*place].label);
                encoded.labelled.names.push(list[*place].id.clone());
            }
        }
        progress.end(Step::Encoding);
        Ok(encoded)
    }
}

/// A network that is run as far as the values that its head reads.
struct Encoder<'n> {
    network: &'n Network<'n>,
    /// Those values, with their widths.
    embeddings: Vec<(ValueId, usize)>,
}

impl Encoder<'_> {
    /// The embedding of one example.
    fn row(&self, inputs: &Inputs) -> Result<Vec<f32>, Error> {
        let given = self.given(inputs)?;
        let wanted: Vec<ValueId> = self.embeddings.iter().map(|(id, _)| *id).collect();
        let run = Run { given: &given, wanted: &wanted, learns: false, limits: Limits::default() };
        let values = self.network.run(&run).map_err(|fault| failed(fault.to_string()))?;
        let mut row = Vec::new();
        for (value, (_, width)) in values.iter().zip(&self.embeddings) {
            let numbers = value.numbers().map_err(|fault| failed(fault.to_string()))?;
            if numbers.len() != *width {
                return Err(failed("the head reads several embeddings of each example".into()));
            }
            row.extend(numbers.into_iter().map(|number| number as f32));
        }
        match row.iter().all(|number| number.is_finite()) {
            true => Ok(row),
            false => Err(failed("its embedding is not finite".into())),
        }
    }

    /// The inputs of the network, by their names; a network with a single input takes the single array.
    fn given(&self, inputs: &Inputs) -> Result<HashMap<ValueId, Value>, Error> {
        let declared: Vec<&Declared> = self.network.inputs().collect();
        let mut given = HashMap::new();
        for input in &declared {
            let Some(id) = self.network.value(&input.name) else { continue };
            let by_name = inputs.get(&input.name);
            let single = || inputs.values().next().filter(|_| declared.len() == 1 && inputs.len() == 1);
            let array = by_name.or_else(single).cloned().or_else(|| implied(&input.name, inputs));
            let Some(array) = array else {
                let names: Vec<String> = inputs.keys().map(|name| format!("`{name}`")).collect();
                let reason = format!("the model takes `{}`, and there is {}", input.name, names.join(", "));
                return Err(failed(reason));
            };
            given.insert(id, value(input, &array)?);
        }
        Ok(given)
    }
}

/// What libraries take for an input of texts that is not given: all tokens count, and all are of the first text.
fn implied(name: &str, inputs: &Inputs) -> Option<Input> {
    let ids = inputs.get("input_ids")?;
    let Values::Whole(values) = &ids.values else { return None };
    let with = match name {
        "attention_mask" => 1,
        "token_type_ids" => 0,
        _ => return None,
    };
    Some(Input { shape: ids.shape.clone(), values: Values::Whole(vec![with; values.len()]) })
}

/// An array as the type that the network takes.
fn value(input: &Declared, array: &Input) -> Result<Value, Error> {
    let told = |what: String| failed(format!("input `{}`: {what}", input.name));
    let dtype = element_type(i64::from(input.elem_type)).map_err(|problem| told(problem.to_string()))?;
    match (&array.values, dtype.is_float()) {
        (Values::Float(values), true) => {
            let numbers = values.iter().copied().map(f64::from).collect();
            let floats = Floats::of(numbers, &array.shape, dtype, &Device::Cpu);
            floats.map(Value::from).map_err(|fault| told(fault.to_string()))
        }
        (Values::Whole(values), false) => Ok(Array::new(dtype, array.shape.clone(), values.clone()).into()),
        _ => Err(told(format!("it takes elements of type {}", dtype.name()))),
    }
}

/// An error with the example that it is about.
fn about(error: Error, id: &str) -> Error {
    match error {
        Error::Run { reason, hint } => {
            Error::Run { reason: format!("`{}`: {reason}", id.escape_debug()), hint }
        }
        other => other,
    }
}
