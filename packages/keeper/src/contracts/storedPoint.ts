import { type Point, pointFromXY } from "@keyquorum/threshold";

type Coordinates = { readonly x: bigint; readonly y: bigint };

/** The contracts checked every point before they stored it; zero means that there is none. */
export const pointOf = ({ x, y }: Coordinates): Point | undefined => (x === 0n ? undefined : pointFromXY(x, y));

export const pointThere = (point: Coordinates): Point => pointFromXY(point.x, point.y);
