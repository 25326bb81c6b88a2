//! ConvNeXt, both versions: wide convolutions of each channel alone, then two layers for each place.

mod names;

pub(super) use names::{is_torchvision, timm, torchvision, transformers};

use declass_formats::Dtype;

use super::{
    layers::{Square, long},
    maker::{Maker, Parts},
    settings::Made,
};
use crate::net::ops::nodes::{self, Plain};

/// What the libraries add to variances and to means of norms.
const EPSILON: f64 = 1e-6;

/// A network, with the names that its library has for its parts.
struct Network<'s> {
    channels: usize,
    patch: usize,
    /// The first convolution and the norm behind it.
    stem: [String; 2],
    stages: Vec<Stage>,
    /// The last norm, and what is added to its variances.
    norm: (String, f64),
    activation: (&'s str, &'s str),
    head: &'s str,
}

/// Blocks of the same width.
struct Stage {
    width: usize,
    /// A norm, and a convolution that halves the map.
    halved: Option<[String; 2]>,
    blocks: Vec<Names>,
}

/// Names of what one block reads.
struct Names {
    convolution: String,
    norm: String,
    layers: [String; 2],
    /// Factors of what is added, per channel.
    scale: Option<String>,
    /// What makes channels compete (the second version).
    responses: Option<String>,
}

impl Network<'_> {
    fn build(&self, mut maker: Maker<'_>) -> Made<Parts> {
        let dims = [("batch", None), ("channels", Some(self.channels)), ("height", None), ("width", None)];
        let pixels = maker.input("pixel_values", Dtype::F32, &dims);
        let first = self.stages.first().map_or(0, |stage| stage.width);
        let patches = Square::apart(self.patch);
        let x = maker.convolution(&pixels, &self.stem[0], [self.channels, first], patches, true)?;
        let mut x = normed_map(&mut maker, &x, &self.stem[1], first)?;
        let mut width = first;
        for stage in &self.stages {
            if let Some([norm, convolution]) = &stage.halved {
                let normed = normed_map(&mut maker, &x, norm, width)?;
                x = maker.convolution(&normed, convolution, [width, stage.width], Square::apart(2), true)?;
            }
            width = stage.width;
            for names in &stage.blocks {
                x = self.block(&mut maker, &x, names, width)?;
            }
        }
        let pooled = maker.pooled(&x);
        let normed = maker.layer_norm(&pooled, &self.norm.0, width, self.norm.1)?;
        let (logits, classes) = maker.head(&normed, self.head, width)?;
        maker.finish(&logits, classes)
    }

    fn block(&self, maker: &mut Maker<'_>, x: &str, names: &Names, width: usize) -> Made<String> {
        let (key, name) = self.activation;
        let square = Square { groups: width, ..Square::same(7, 1) };
        let made = maker.convolution(x, &names.convolution, [width; 2], square, true)?;
        let made = maker.transpose(&made, &[0, 2, 3, 1]);
        let made = maker.layer_norm(&made, &names.norm, width, EPSILON)?;
        let made = layer(maker, &made, &names.layers[0], [width, 4 * width])?;
        let mut made = maker.activation(&made, key, name)?;
        if let Some(responses) = &names.responses {
            made = normed_responses(maker, &made, responses, 4 * width)?;
        }
        let mut made = layer(maker, &made, &names.layers[1], [4 * width, width])?;
        if let Some(scale) = &names.scale {
            // Some store it as a map of one place.
            let shape: &[usize] = if maker.extents::<1>(scale).is_ok() { &[width] } else { &[width, 1, 1] };
            let scale = maker.weight(scale, shape)?;
            let scale = maker.reshape(&scale, &[long(width)]);
            made = maker.multiply(&made, &scale);
        }
        let made = maker.transpose(&made, &[0, 3, 1, 2]);
        Ok(maker.add(x, &made))
    }
}

/// The norm over the channels of a map.
fn normed_map(maker: &mut Maker<'_>, x: &str, name: &str, width: usize) -> Made<String> {
    let turned = maker.transpose(x, &[0, 2, 3, 1]);
    let normed = maker.layer_norm(&turned, name, width, EPSILON)?;
    Ok(maker.transpose(&normed, &[0, 3, 1, 2]))
}

/// A layer that some store as a convolution of one place.
fn layer(maker: &mut Maker<'_>, x: &str, name: &str, [inputs, outputs]: [usize; 2]) -> Made<String> {
    let weight = format!("{name}.weight");
    if maker.extents::<4>(&weight).is_err() {
        return maker.linear(x, name, [inputs, outputs], true);
    }
    let weight = maker.weight(&weight, &[outputs, inputs, 1, 1])?;
    let weight = maker.reshape(&weight, &[long(outputs), long(inputs)]);
    let bias = maker.weight(&format!("{name}.bias"), &[outputs])?;
    Ok(maker.product(x, &weight, Some(&bias)))
}

/// Each channel by its norm over the map, against the mean of all.
fn normed_responses(maker: &mut Maker<'_>, x: &str, name: &str, width: usize) -> Made<String> {
    let read = |maker: &mut Maker<'_>, part: &str| -> Made<String> {
        let name = format!("{name}.{part}");
        let shape: &[usize] = if maker.extents::<1>(&name).is_ok() { &[width] } else { &[1, 1, 1, width] };
        maker.weight(&name, shape)
    };
    let (weight, bias) = (read(maker, "weight")?, read(maker, "bias")?);
    let axes = maker.ints(&[1, 2]);
    let norms = maker.node(nodes::norm(true), &[x, &axes]);
    let axes = maker.ints(&[-1]);
    let mean = maker.node(nodes::mean(true), &[&norms, &axes]);
    let epsilon = maker.number(EPSILON as f32);
    let mean = maker.add(&mean, &epsilon);
    let share = maker.plain(Plain::Division, &[&norms, &mean]);
    let made = maker.multiply(x, &share);
    let made = maker.multiply(&made, &weight);
    let made = maker.add(&made, &bias);
    Ok(maker.add(&made, x))
}
