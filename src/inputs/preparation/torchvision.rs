//! The transforms that torchvision documents for its own weights, by the names of both.

use super::image::{Extent, ImagePlan, Scale, Step};
use crate::inputs::{
    fault::{Fault, shown},
    picture::{Centre, Filter, Library, Window},
};

/// What becomes of a picture for weights such as `resnet50` with `IMAGENET1K_V2`.
pub(super) fn plan(architecture: &str, weights: &str) -> Result<ImagePlan, Fault> {
    // `ResNet50_Weights.IMAGENET1K_V2` is how the library itself prints it.
    let weights = weights.rsplit('.').next().unwrap_or(weights);
    let wanted = format!("{architecture} {weights}");
    let found = PRESETS.iter().find(|(.., names)| names.contains(&wanted.as_str()));
    let Some(&(crop, edge, filter, _)) = found else {
        let reason = format!("torchvision documents no transform for `{}`", shown(&wanted));
        return Err(Fault::new(reason)
            .hint("name architecture and weights as torchvision does: `resnet50` and `IMAGENET1K_V2`"));
    };
    let [mean, std] = if HALVES.contains(&wanted.as_str()) { [[0.5; 3]; 2] } else { IMAGENET };
    Ok(ImagePlan {
        steps: vec![
            Step::Resize { to: Extent::Shortest(edge), filter, library: Library::Pillow },
            Step::Crop(Window { height: crop, width: crop, centre: Centre::Even, fill: [0; 3] }),
        ],
        scale: Scale::Torchvision { mean, std },
        swapped: false,
        upright: false,
    })
}

/// Mean and deviation of the channels in ImageNet.
const IMAGENET: [[f64; 3]; 2] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];

/// Weights for which mean and deviation are a half.
const HALVES: [&str; 1] = ["efficientnet_v2_l IMAGENET1K_V1"];

/// Size of the crop, shorter edge of the resize, interpolation, and the weights that have them.
const PRESETS: &[(usize, usize, Filter, &[&str])] = &[
    (
        224,
        224,
        Filter::Bicubic,
        &[
            "maxvit_t IMAGENET1K_V1",
            "regnet_y_128gf IMAGENET1K_SWAG_LINEAR_V1",
            "regnet_y_16gf IMAGENET1K_SWAG_LINEAR_V1",
            "regnet_y_32gf IMAGENET1K_SWAG_LINEAR_V1",
            "vit_b_16 IMAGENET1K_SWAG_LINEAR_V1",
            "vit_h_14 IMAGENET1K_SWAG_LINEAR_V1",
            "vit_l_16 IMAGENET1K_SWAG_LINEAR_V1",
        ],
    ),
    (224, 230, Filter::Bilinear, &["convnext_small IMAGENET1K_V1"]),
    (224, 232, Filter::Bicubic, &["swin_t IMAGENET1K_V1"]),
    (
        224,
        232,
        Filter::Bilinear,
        &[
            "convnext_base IMAGENET1K_V1",
            "convnext_large IMAGENET1K_V1",
            "mnasnet0_75 IMAGENET1K_V1",
            "mnasnet1_3 IMAGENET1K_V1",
            "mobilenet_v2 IMAGENET1K_V2",
            "mobilenet_v3_large IMAGENET1K_V2",
            "regnet_x_16gf IMAGENET1K_V2",
            "regnet_x_1_6gf IMAGENET1K_V2",
            "regnet_x_32gf IMAGENET1K_V2",
            "regnet_x_3_2gf IMAGENET1K_V2",
            "regnet_x_400mf IMAGENET1K_V2",
            "regnet_x_800mf IMAGENET1K_V2",
            "regnet_x_8gf IMAGENET1K_V2",
            "regnet_y_16gf IMAGENET1K_V2",
            "regnet_y_1_6gf IMAGENET1K_V2",
            "regnet_y_32gf IMAGENET1K_V2",
            "regnet_y_3_2gf IMAGENET1K_V2",
            "regnet_y_400mf IMAGENET1K_V2",
            "regnet_y_800mf IMAGENET1K_V2",
            "regnet_y_8gf IMAGENET1K_V2",
            "resnet101 IMAGENET1K_V2",
            "resnet152 IMAGENET1K_V2",
            "resnet50 IMAGENET1K_V2",
            "resnext101_32x8d IMAGENET1K_V2",
            "resnext101_64x4d IMAGENET1K_V1",
            "resnext50_32x4d IMAGENET1K_V2",
            "shufflenet_v2_x1_5 IMAGENET1K_V1",
            "shufflenet_v2_x2_0 IMAGENET1K_V1",
            "wide_resnet101_2 IMAGENET1K_V2",
            "wide_resnet50_2 IMAGENET1K_V2",
        ],
    ),
    (224, 236, Filter::Bilinear, &["convnext_tiny IMAGENET1K_V1"]),
    (224, 238, Filter::Bicubic, &["swin_b IMAGENET1K_V1"]),
    (224, 242, Filter::Bilinear, &["vit_l_16 IMAGENET1K_V1"]),
    (224, 246, Filter::Bicubic, &["swin_s IMAGENET1K_V1"]),
    (224, 256, Filter::Bicubic, &["efficientnet_b0 IMAGENET1K_V1"]),
    (
        224,
        256,
        Filter::Bilinear,
        &[
            "alexnet IMAGENET1K_V1",
            "densenet121 IMAGENET1K_V1",
            "densenet161 IMAGENET1K_V1",
            "densenet169 IMAGENET1K_V1",
            "densenet201 IMAGENET1K_V1",
            "googlenet IMAGENET1K_V1",
            "mnasnet0_5 IMAGENET1K_V1",
            "mnasnet1_0 IMAGENET1K_V1",
            "mobilenet_v2 IMAGENET1K_V1",
            "mobilenet_v3_large IMAGENET1K_V1",
            "mobilenet_v3_small IMAGENET1K_V1",
            "regnet_x_16gf IMAGENET1K_V1",
            "regnet_x_1_6gf IMAGENET1K_V1",
            "regnet_x_32gf IMAGENET1K_V1",
            "regnet_x_3_2gf IMAGENET1K_V1",
            "regnet_x_400mf IMAGENET1K_V1",
            "regnet_x_800mf IMAGENET1K_V1",
            "regnet_x_8gf IMAGENET1K_V1",
            "regnet_y_16gf IMAGENET1K_V1",
            "regnet_y_1_6gf IMAGENET1K_V1",
            "regnet_y_32gf IMAGENET1K_V1",
            "regnet_y_3_2gf IMAGENET1K_V1",
            "regnet_y_400mf IMAGENET1K_V1",
            "regnet_y_800mf IMAGENET1K_V1",
            "regnet_y_8gf IMAGENET1K_V1",
            "resnet101 IMAGENET1K_V1",
            "resnet152 IMAGENET1K_V1",
            "resnet18 IMAGENET1K_V1",
            "resnet34 IMAGENET1K_V1",
            "resnet50 IMAGENET1K_V1",
            "resnext101_32x8d IMAGENET1K_V1",
            "resnext50_32x4d IMAGENET1K_V1",
            "shufflenet_v2_x0_5 IMAGENET1K_V1",
            "shufflenet_v2_x1_0 IMAGENET1K_V1",
            "squeezenet1_0 IMAGENET1K_V1",
            "squeezenet1_1 IMAGENET1K_V1",
            "vgg11 IMAGENET1K_V1",
            "vgg11_bn IMAGENET1K_V1",
            "vgg13 IMAGENET1K_V1",
            "vgg13_bn IMAGENET1K_V1",
            "vgg16 IMAGENET1K_V1",
            "vgg16_bn IMAGENET1K_V1",
            "vgg19 IMAGENET1K_V1",
            "vgg19_bn IMAGENET1K_V1",
            "vit_b_16 IMAGENET1K_V1",
            "vit_b_32 IMAGENET1K_V1",
            "vit_l_32 IMAGENET1K_V1",
            "wide_resnet101_2 IMAGENET1K_V1",
            "wide_resnet50_2 IMAGENET1K_V1",
        ],
    ),
    (240, 255, Filter::Bilinear, &["efficientnet_b1 IMAGENET1K_V2"]),
    (240, 256, Filter::Bicubic, &["efficientnet_b1 IMAGENET1K_V1"]),
    (256, 260, Filter::Bicubic, &["swin_v2_s IMAGENET1K_V1", "swin_v2_t IMAGENET1K_V1"]),
    (256, 272, Filter::Bicubic, &["swin_v2_b IMAGENET1K_V1"]),
    (288, 288, Filter::Bicubic, &["efficientnet_b2 IMAGENET1K_V1"]),
    (299, 342, Filter::Bilinear, &["inception_v3 IMAGENET1K_V1"]),
    (300, 320, Filter::Bicubic, &["efficientnet_b3 IMAGENET1K_V1"]),
    (380, 384, Filter::Bicubic, &["efficientnet_b4 IMAGENET1K_V1"]),
    (
        384,
        384,
        Filter::Bicubic,
        &[
            "regnet_y_128gf IMAGENET1K_SWAG_E2E_V1",
            "regnet_y_16gf IMAGENET1K_SWAG_E2E_V1",
            "regnet_y_32gf IMAGENET1K_SWAG_E2E_V1",
            "vit_b_16 IMAGENET1K_SWAG_E2E_V1",
        ],
    ),
    (384, 384, Filter::Bilinear, &["efficientnet_v2_s IMAGENET1K_V1"]),
    (456, 456, Filter::Bicubic, &["efficientnet_b5 IMAGENET1K_V1"]),
    (480, 480, Filter::Bicubic, &["efficientnet_v2_l IMAGENET1K_V1"]),
    (480, 480, Filter::Bilinear, &["efficientnet_v2_m IMAGENET1K_V1"]),
    (512, 512, Filter::Bicubic, &["vit_l_16 IMAGENET1K_SWAG_E2E_V1"]),
    (518, 518, Filter::Bicubic, &["vit_h_14 IMAGENET1K_SWAG_E2E_V1"]),
    (528, 528, Filter::Bicubic, &["efficientnet_b6 IMAGENET1K_V1"]),
    (600, 600, Filter::Bicubic, &["efficientnet_b7 IMAGENET1K_V1"]),
];

/// Architectures with their weights.
pub(super) fn names() -> Vec<&'static str> {
    PRESETS.iter().flat_map(|(.., names)| names.iter().copied()).collect()
}
