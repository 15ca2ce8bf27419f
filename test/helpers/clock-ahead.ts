/** Environment in which a program of node's takes the time of a clock that is three days ahead. */
export const CLOCK_AHEAD = {
  NODE_OPTIONS: '--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()+259200000',
};
