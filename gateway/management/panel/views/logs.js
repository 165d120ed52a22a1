import { empty, head } from '../ui.js'

export const title = 'Logs'

export function show(place) {
  place.append(head(title), empty('Nothing yet.'))
}
