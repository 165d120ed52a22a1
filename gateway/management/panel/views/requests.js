import { empty, head } from '../ui.js'

export const title = 'Requests'

export function show(place) {
  place.append(head(title), empty('Nothing yet.'))
}
