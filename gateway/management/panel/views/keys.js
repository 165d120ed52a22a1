import { empty, head } from '../ui.js'

export const title = 'Keys'

export function show(place) {
  place.append(head(title), empty('Nothing yet.'))
}
