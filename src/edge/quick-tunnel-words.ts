const words = (text: string) => text.trim().split(/\s+/);

/** One of each makes a name that can be said on the telephone; about three hundred thousand of them. */
export const ADJECTIVES: readonly string[] = words(`
  amber brave brisk calm clear clever cosy crisp daring eager early fair fleet fond
  gentle glad golden grand happy honest humble jolly keen kind late light lively loyal
  lucky mellow merry mild modest neat nimble noble old patient plain polite proud quick
  quiet rapid ready rosy silent silver simple sincere sleek small smooth snowy soft solid
  spry steady still sunny swift tidy warm wise young
`);
export const ANIMALS: readonly string[] = words(`
  badger beaver bison bear camel carp cat crane crow deer dog dolphin donkey dove
  duck eagle elk falcon ferret finch fox frog gecko goat goose hare hawk heron
  horse ibex jay koala lark lemur lion llama lynx magpie marten mole moose mouse
  newt otter owl panda perch pigeon pike pony puffin quail rabbit raven robin salmon
  seal sheep snail sparrow squid stork swan tapir tiger toad trout turtle walrus wolf
  wren
`);
export const THINGS: readonly string[] = words(`
  anchor apple arrow basket bell bench boat book bottle bridge broom button candle canoe
  chair clock cloud coin compass cup desk door drum feather fence field flag flute
  garden gate glove hammer harp hat house island jar kettle key kite ladder lamp
  lantern leaf letter map meadow mirror needle oar orchard paddle paper pebble pencil piano
  pillow pocket river road rope sail shell ship spoon stone table tent tower train
  valley wagon wheel whistle window
`);
