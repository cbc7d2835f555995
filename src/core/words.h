/* words.h - 256 words, one for each value of a byte
 *
 * Short, easily said and hard to mistake for one another, in the order of the
 * alphabet. They are part of how keys are compared aloud (docs/wire.md), so no
 * word is ever changed. Included by identity.c alone.
 */
#ifndef QF_WORDS_H
#define QF_WORDS_H

/* clang-format off */
static const char words[256][8] = {
	"acorn", "agate", "album", "almond", "amber", "anchor", "apple",
	"apron", "arrow", "aspen", "atlas", "autumn", "bagel", "balcony",
	"bamboo", "banjo", "barley", "basil", "basket", "beacon", "beaver",
	"bicycle", "birch", "biscuit", "blanket", "blossom", "bonfire",
	"bottle", "bracket", "breeze", "bridge", "bronze", "bubble", "bucket",
	"button", "cabin", "cactus", "camel", "candle", "canoe", "canvas",
	"carbon", "carpet", "castle", "cedar", "chalk", "cherry", "chimney",
	"cinema", "circle", "citrus", "clover", "cobalt", "coconut", "comet",
	"compass", "copper", "coral", "cotton", "crayon", "cricket", "crystal",
	"curtain", "cushion", "daisy", "dancer", "dolphin", "domino", "donkey",
	"dragon", "drum", "dune", "eagle", "easel", "echo", "eclipse", "elbow",
	"elm", "emerald", "engine", "envoy", "fabric", "falcon", "feather",
	"fern", "fiddle", "finch", "flag", "flute", "forest", "fossil", "fox",
	"funnel", "galaxy", "garden", "garlic", "gazelle", "ginger", "giraffe",
	"glacier", "glove", "goblet", "gondola", "granite", "grape", "guitar",
	"gull", "hammer", "harbor", "harvest", "hazel", "helmet", "heron",
	"hickory", "hockey", "honey", "horizon", "igloo", "indigo", "iris",
	"island", "ivory", "jacket", "jaguar", "jasmine", "jelly", "jigsaw",
	"jungle", "juniper", "kayak", "kettle", "kingdom", "kitten", "koala",
	"ladder", "lagoon", "lantern", "lemon", "library", "lilac", "linen",
	"lizard", "lobster", "lotus", "lumber", "magnet", "mango", "maple",
	"marble", "meadow", "mirror", "monsoon", "mosaic", "muffin", "museum",
	"napkin", "nectar", "needle", "nickel", "noodle", "nutmeg", "oasis",
	"oboe", "ocean", "olive", "onion", "opal", "orange", "orbit", "orchid",
	"otter", "oxygen", "paddle", "panda", "paper", "parrot", "peach",
	"pebble", "pelican", "pencil", "piano", "picnic", "pigeon", "pilot",
	"pioneer", "planet", "plum", "pocket", "pony", "poplar", "prism",
	"pumpkin", "puzzle", "quartz", "quilt", "rabbit", "radio", "raft",
	"rainbow", "raven", "ribbon", "river", "robin", "rocket", "ruby",
	"saffron", "salmon", "sandal", "sapling", "scarf", "shadow", "silver",
	"sketch", "sparrow", "spiral", "sponge", "summer", "sunset", "teapot",
	"temple", "thimble", "thunder", "ticket", "tiger", "timber", "toast",
	"tomato", "trumpet", "tulip", "tundra", "tunnel", "turtle", "unicorn",
	"valley", "vanilla", "velvet", "village", "violin", "volcano", "voyage",
	"waffle", "walnut", "walrus", "whisper", "willow", "window", "winter",
	"wizard", "wolf", "yacht", "yogurt", "yonder", "zebra", "zephyr",
	"zigzag", "zinc",
};
/* clang-format on */

#endif
